#include <nodes/relay/relay.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <nodes/log/log.hpp>
#include <nodes/log/rarely.hpp>
#include <nodes/relay/route.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

/// How long an event is held before its publisher is asked again.
constexpr mesh::Duration publish_again_after = 500ms;

class Relay final : public Role {
 public:
  Relay(const RelaySettings& settings, mesh::Publisher& publisher, Relayed& relayed, Topics& topics)
      : settings_(settings),
        publisher_(publisher),
        relayed_(relayed),
        topics_(topics),
        own_(publisher.identity().origin),
        filters_(std::make_shared<Filters>(Filters{settings.exclude, settings.rename})),
        moment_(std::min<mesh::Duration>(1s, settings.source.retry.ack_wait / 3)) {}

  ~Relay() override { close(0s); }

  mesh::Result<void> open() {
    auto consumer = open_member("relay", settings_.source, nullptr,
                                [this](const mesh::Event& event) { return handle(event); });
    if (!consumer) return consumer.error();
    consumer_.emplace(std::move(*consumer));
    return {};
  }

  RoleStatus status() const override {
    return {"relay",
            settings_.source.group,
            consumer_->member(),
            consumer_->stats(),
            {{"published_events", published_},
             {"excluded_events", excluded_},
             {"loops_refused", loops_},
             {"duplicates", duplicates_},
             {"mistaken", mistaken_},
             {"failures", failures_}}};
  }

  bool reload(const Settings& settings) override {
    const auto found =
        std::find_if(settings.relays.begin(), settings.relays.end(),
                     [this](const auto& relay) { return same_source(relay.source, settings_.source); });
    if (found == settings.relays.end()) return false;
    const std::lock_guard lock(mutex_);
    filters_ = std::make_shared<Filters>(Filters{found->exclude, found->rename});
    return true;
  }

  void close(mesh::Duration timeout) override {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    ending_.notify_all();
    if (consumer_) (void)consumer_->close(timeout);
  }

 private:
  mesh::Outcome handle(const mesh::Event& event) {
    const auto provenance = provenance_of(event.view(), event.origin());
    if (is_loop(provenance, own_)) {
      if (loops_++ == 0)
        log(mesh::Level::warning, "relay.loop",
            "group " + settings_.source.group +
                ": an event that has been here came back; it is not relayed again");
      return mesh::ack();
    }
    std::shared_ptr<const Filters> filters;
    {
      const std::lock_guard lock(mutex_);
      filters = filters_;
    }
    const auto topic = route(*filters, event.topic());
    if (!topic) {
      ++excluded_;
      return mesh::ack();
    }
    return publish_once(event, provenance, *topic);
  }

  mesh::Outcome publish_once(const mesh::Event& event, Provenance provenance, const std::string& topic) {
    while (true) {
      const Seen::Entry entry{provenance.id, provenance.content};
      switch (relayed_.claim(entry, moment_)) {
        case Relayed::Claim::duplicate:
          ++duplicates_;
          return mesh::ack();
        case Relayed::Claim::under_way:
          event.extend();
          if (closing()) return mesh::put_back();
          continue;
        case Relayed::Claim::mine:
          return publish_mine(event, provenance, topic);
        case Relayed::Claim::another:
          break;
      }
      if (mistaken_++ % 1000 == 0)
        log(mesh::Level::warning, "relay.mistaken",
            "group " + settings_.source.group + ": event " + std::to_string(event.seq()) + " of " +
                event.publisher_name() + " says it is event " + std::to_string(entry.id.seq) + " of " +
                entry.id.origin.hex() + ", which was another one: it is relayed as what it is there");
      const Seen::Id own{event.origin(), event.seq()};
      if (entry.id == own) return publish(event, provenance, topic);
      provenance.id = own;
    }
  }

  mesh::Outcome publish_mine(const mesh::Event& event, const Provenance& provenance,
                             const std::string& topic) {
    const Seen::Entry entry{provenance.id, provenance.content};
    try {
      auto outcome = publish(event, provenance, topic);
      relayed_.end(entry, outcome.kind == mesh::Outcome::Kind::ack);
      return outcome;
    } catch (...) {
      relayed_.end(entry, false);
      throw;
    }
  }

  mesh::Outcome publish(const mesh::Event& event, const Provenance& provenance, const std::string& topic) {
    const auto origin = provenance.id.origin.hex();
    const auto seq = std::to_string(provenance.id.seq);
    const auto time = std::to_string(provenance.time);
    const auto path = provenance.path + "," + own_.hex();
    std::vector<mesh::Header> headers{
        {origin_header, origin}, {seq_header, seq}, {time_header, time}, {path_header, path}};
    event.for_each_header([&](std::string_view name, std::string_view value) {
      if (!zmesh::is_reserved_header(name)) headers.emplace_back(name, value);
    });
    const mesh::EventInput input{topic, event.key(), headers, event.payload()};
    while (true) {
      const auto outcome = commit(event, input);
      if (outcome) {
        ++published_;
        topics_.count(topic, event.payload().size(), *outcome);
        return mesh::ack();
      }
      if (!passes(outcome.error().code)) {
        refused_.tell("group " + settings_.source.group + ": event " + std::to_string(event.seq()) + " of " +
                      event.publisher_name() + " cannot be published here as it is, and is parked there: " +
                      outcome.error().describe());
        return mesh::park("cannot be relayed: " + outcome.error().describe());
      }
      if (failures_++ % 1000 == 0)
        log(mesh::Level::warning, "relay.publish", "held back: " + outcome.error().describe());
      event.extend();
      std::unique_lock lock(mutex_);
      if (ending_.wait_for(lock, std::min(publish_again_after, moment_), [&] { return closing_; }))
        return mesh::put_back();
    }
  }

  mesh::Result<mesh::Seq> commit(const mesh::Event& event, const mesh::EventInput& input) {
    const auto receipt = publisher_.publish(input, moment_);
    if (!receipt) return receipt.error();
    while (true) {
      // Not before it is known: publishing again what was only slow would double it.
      auto outcome = receipt->wait(moment_);
      if (outcome || outcome.error().code != mesh::Errc::timeout) return outcome;
      event.extend();
    }
  }

  bool closing() {
    const std::lock_guard lock(mutex_);
    return closing_;
  }

  /// Will be over some time; what the event itself is to blame for will not.
  static bool passes(mesh::Errc code) {
    return code != mesh::Errc::invalid_topic && code != mesh::Errc::invalid_headers &&
           code != mesh::Errc::event_too_large;
  }

  const RelaySettings settings_;
  mesh::Publisher& publisher_;
  Relayed& relayed_;
  Topics& topics_;
  const mesh::Origin own_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool closing_ = false;
  std::shared_ptr<const Filters> filters_;
  const mesh::Duration moment_;  ///< within it a handler that waits must say that it still does
  std::atomic<std::uint64_t> published_{0}, excluded_{0}, loops_{0}, duplicates_{0}, mistaken_{0},
      failures_{0};
  Rarely refused_{mesh::Level::error, "relay.refused"};
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace

mesh::Result<std::unique_ptr<Role>> open_relay(const RelaySettings& settings, mesh::Publisher& publisher,
                                               Relayed& relayed, Topics& topics) {
  auto relay = std::make_unique<Relay>(settings, publisher, relayed, topics);
  if (auto opened = relay->open(); !opened) return opened.error();
  return std::unique_ptr<Role>(std::move(relay));
}

}  // namespace node
