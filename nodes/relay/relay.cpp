#include <nodes/relay/relay.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <nodes/log/log.hpp>
#include <nodes/relay/route.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

/// How long an event is held before its publisher is asked again.
constexpr auto publish_again_after = 500ms;

class Relay final : public Role {
 public:
  Relay(const RelaySettings& settings, mesh::Publisher& publisher, Topics& topics)
      : settings_(settings),
        publisher_(publisher),
        topics_(topics),
        own_(publisher.identity().origin),
        filters_(std::make_shared<Filters>(Filters{settings.exclude, settings.rename})),
        seen_(settings.remember) {}

  ~Relay() override { close(0s); }

  mesh::Result<void> open(const std::vector<Seen::Id>& known) {
    for (const auto& id : known) seen_.add(id);
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
      if (seen_.contains(provenance.id)) {
        ++duplicates_;
        return mesh::ack();
      }
      filters = filters_;
    }
    const auto topic = route(*filters, event.topic());
    if (!topic) {
      ++excluded_;
      return mesh::ack();
    }
    return publish(event, provenance, *topic);
  }

  mesh::Outcome publish(const mesh::Event& event, const Provenance& provenance, const std::string& topic) {
    const auto origin = provenance.id.origin.hex();
    const auto seq = std::to_string(provenance.id.seq);
    const auto time = std::to_string(provenance.time);
    std::vector<mesh::Header> headers{
        {origin_header, origin}, {seq_header, seq}, {time_header, time}, {path_header, provenance.path}};
    event.for_each_header([&](std::string_view name, std::string_view value) {
      if (name != origin_header && name != seq_header && name != time_header && name != path_header)
        headers.emplace_back(name, value);
    });
    const mesh::EventInput input{topic, event.key(), headers, event.payload()};
    while (true) {
      const auto outcome = commit(input);
      if (outcome) {
        ++published_;
        topics_.count(topic, event.payload().size(), *outcome);
        const std::lock_guard lock(mutex_);
        seen_.add(provenance.id);
        return mesh::ack();
      }
      if (!passes(outcome.error().code))
        return mesh::park("cannot be relayed: " + outcome.error().describe());
      if (failures_++ % 1000 == 0)
        log(mesh::Level::warning, "relay.publish", "held back: " + outcome.error().describe());
      event.extend();
      std::unique_lock lock(mutex_);
      if (ending_.wait_for(lock, publish_again_after, [&] { return closing_; }))
        return mesh::retry("the relay ended; " + outcome.error().describe());
    }
  }

  mesh::Result<mesh::Seq> commit(const mesh::EventInput& input) {
    const auto receipt = publisher_.publish(input, 1s);
    if (!receipt) return receipt.error();
    while (true) {
      // Not before it is known: publishing again what was only slow would double it.
      auto outcome = receipt->wait(1s);
      if (outcome || outcome.error().code != mesh::Errc::timeout) return outcome;
    }
  }

  /// Will be over some time; what the event itself is to blame for will not.
  static bool passes(mesh::Errc code) {
    return code != mesh::Errc::invalid_topic && code != mesh::Errc::invalid_headers &&
           code != mesh::Errc::event_too_large;
  }

  const RelaySettings settings_;
  mesh::Publisher& publisher_;
  Topics& topics_;
  const mesh::Origin own_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool closing_ = false;
  std::shared_ptr<const Filters> filters_;
  Seen seen_;
  std::atomic<std::uint64_t> published_{0}, excluded_{0}, loops_{0}, duplicates_{0}, failures_{0};
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace

mesh::Result<std::vector<Seen::Id>> relayed_before(const std::string& journal, std::size_t count) {
  std::vector<Seen::Id> known;
  const auto reader = mesh::open_journal_reader(journal);
  if (!reader && reader.error().code == mesh::Errc::journal_missing) return known;
  if (!reader) return reader.error();
  const auto head = (*reader)->head();
  std::vector<mesh::EventView> events;
  const auto read = (*reader)->read(head > count ? head - count : 0, [&](const mesh::BatchView& batch) {
    if (!mesh::decode_events(batch, events)) return false;
    for (const auto& event : events)
      if (mesh::find_header(event, origin_header))
        known.push_back(provenance_of(event, batch.header.origin).id);
    return true;
  });
  if (!read) return read.error();
  return known;
}

mesh::Result<std::unique_ptr<Role>> open_relay(const RelaySettings& settings, mesh::Publisher& publisher,
                                               const std::vector<Seen::Id>& known, Topics& topics) {
  auto relay = std::make_unique<Relay>(settings, publisher, topics);
  if (auto opened = relay->open(known); !opened) return opened.error();
  return std::unique_ptr<Role>(std::move(relay));
}

}  // namespace node
