#include <mesh/consumer.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

#include <journal/topic.hpp>
#include <mesh/detail/handling.hpp>
#include <mesh/detail/twins.hpp>
#include <mesh/io/clock.hpp>
#include <mesh/io/consumer/consumer_engine.hpp>
#include <mesh/io/endpoint.hpp>
#include <mesh/io/random.hpp>

namespace mesh {

struct Consumer::State {
  std::string member;
  std::vector<std::string> publishers;
  Duration close_timeout{0};
  std::unique_ptr<detail::Handling> handling;  ///< outlives the engine
  std::unique_ptr<io::ConsumerEngine> engine;
  std::mutex mutex;
  bool closed = false;  ///< guarded by the mutex
};

namespace {

std::string default_member() {
  static std::atomic<unsigned> count{0};
  std::array<char, 64> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'h', 'o', 's', 't'};
  std::string name =
      std::string(host.data()) + "-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !valid_name({&c, 1});
      },
      '-');
  return name;
}

/// The prefixes to subscribe: those wanted, without what a shorter one covers; none at all for every topic.
std::vector<std::string> subscriptions(const ConsumerOptions& options) {
  std::vector<std::string> wanted = options.prefixes;
  if (wanted.empty())
    for (const auto& [prefix, handler] : options.handlers) wanted.push_back(prefix);
  std::sort(wanted.begin(), wanted.end());
  std::vector<std::string> kept;
  for (auto& prefix : wanted) {
    if (prefix.empty()) return {};
    if (kept.empty() || !prefix.starts_with(kept.back())) kept.push_back(std::move(prefix));
  }
  return kept;
}

Result<void> check_publishers(const std::vector<std::string>& publishers) {
  if (publishers.empty() || publishers.size() > 256) return invalid("1 to 256 publishers are needed");
  for (const auto& endpoint : publishers) {
    if (auto checked = io::check_connect(endpoint); !checked) return checked;
    if (std::count(publishers.begin(), publishers.end(), endpoint) > 1)
      return invalid("publisher " + endpoint + " is given twice");
  }
  return {};
}

Result<void> check_options(const ConsumerOptions& options) {
  if (auto checked = check_publishers(options.publishers); !checked) return checked;
  if (!options.group.empty() && !valid_name(options.group))
    return invalid("'" + options.group + "' is not a name for a group");
  if (!options.member.empty() && !valid_name(options.member))
    return invalid("'" + options.member + "' is not a name for a member");
  if (options.handlers.empty()) return invalid("a consumer needs a handler: on(prefix, ...) or on_any(...)");
  for (const auto& [prefix, handler] : options.handlers) {
    if (auto checked = check_prefix(prefix); !checked) return checked;
    if (!handler) return invalid("the handler of '" + prefix + "' is empty");
  }
  for (const auto& prefix : options.prefixes)
    if (auto checked = check_prefix(prefix); !checked) return checked;
  if (options.prefixes.size() > prefixes_max || options.handlers.size() > prefixes_max)
    return invalid("at most " + std::to_string(prefixes_max) + " prefixes are possible");
  if (options.concurrency < 1 || options.concurrency > 1024) return invalid("concurrency must be 1 to 1024");
  if (options.window_events == 0 || options.window_bytes == 0 || options.hold_bytes == 0 ||
      options.fetch_bytes == 0)
    return invalid("the windows and fetch_bytes must be above 0");
  if (options.event_size_max == 0 || options.event_size_max > event_size_limit)
    return invalid("event_size_max must be 1 byte to 64 MiB");
  if (options.ack_interval < 0s || options.ack_interval > 1s) return invalid("ack_interval must be 0 to 1 s");
  return check_policy(options.retry);
}

io::ConsumerEngineSettings engine_settings(ConsumerOptions& options) {
  io::ConsumerEngineSettings settings;
  settings.publishers = options.publishers;
  settings.member.group = options.group;
  settings.member.member = options.member.empty() ? default_member() : options.member;
  io::fill_random(settings.member.instance);
  settings.member.prefixes = subscriptions(options);
  settings.member.start = options.start;
  settings.member.policy = options.retry;
  settings.member.window_events = options.window_events;
  settings.member.window_bytes = options.window_bytes;
  settings.member.hold_bytes = options.hold_bytes;
  settings.member.fetch_credit = options.fetch_bytes;
  settings.member.ack_interval = options.ack_interval;
  settings.member.use_live = options.delivery == DeliveryPath::live;
  settings.concurrency = options.concurrency;
  settings.event_size_max = options.event_size_max;
  settings.log = std::move(options.log);
  return settings;
}

LinkStats stats_of(const io::LinkReport& report, const std::string& endpoint) {
  const auto& counters = report.counters;
  LinkStats stats;
  stats.endpoint = endpoint;
  stats.origin = report.origin;
  stats.publisher = report.publisher;
  stats.phase = static_cast<LinkPhase>(report.phase);
  stats.caught_up = report.caught_up;
  stats.position = report.position;
  stats.head = report.head;
  stats.received = counters.received;
  stats.received_bytes = counters.received_bytes;
  stats.live = counters.live;
  stats.fetched = counters.fetched;
  stats.redelivered = counters.redelivered;
  stats.settled = counters.settled;
  stats.retried = counters.retried;
  stats.parked = counters.parked;
  stats.gaps = counters.gaps;
  stats.demotions = counters.demotions;
  stats.duplicates = counters.duplicates;
  stats.expired = counters.expired;
  stats.stale = counters.stale;
  stats.undecodable = counters.undecodable;
  stats.reconnects = report.reconnects;
  stats.last_error = report.last_error;
  return stats;
}

void add(LinkStats& total, const LinkStats& link) {
  total.phase = std::min(total.phase, link.phase);
  for (const auto member :
       {&LinkStats::received, &LinkStats::received_bytes, &LinkStats::live, &LinkStats::fetched,
        &LinkStats::redelivered, &LinkStats::settled, &LinkStats::retried, &LinkStats::parked,
        &LinkStats::gaps, &LinkStats::demotions, &LinkStats::duplicates, &LinkStats::expired,
        &LinkStats::stale, &LinkStats::undecodable, &LinkStats::reconnects})
    total.*member += link.*member;
  if (total.last_error.empty()) total.last_error = link.last_error;
}

}  // namespace

std::string_view to_string(LinkPhase phase) {
  switch (phase) {
    case LinkPhase::attaching:
      return "attaching";
    case LinkPhase::catching_up:
      return "catching_up";
    case LinkPhase::live:
      return "live";
    case LinkPhase::leaving:
      return "leaving";
    case LinkPhase::left:
      return "left";
  }
  return "unknown";
}

Result<Consumer> Consumer::open(ConsumerOptions options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  auto context = io::use_context(options.zmq_context);
  if (!context) return context.error();
  auto settings = engine_settings(options);
  settings.context = std::move(*context);

  auto state = std::make_unique<State>();
  state->member = settings.member.member;
  state->close_timeout = options.close_timeout;
  state->handling =
      std::make_unique<detail::Handling>(std::move(options.handlers), options.publishers.size());
  state->publishers = std::move(options.publishers);
  auto* handling = state->handling.get();
  settings.handle = [handling](const core::Delivery& delivery, const std::function<void()>& extend,
                               io::Executor::Outcome& outcome) {
    handling->handle(delivery, extend, outcome);
  };
  settings.on_source = [handling, twins = std::make_shared<detail::Twins>(), publishers = state->publishers,
                        log = settings.log](core::LinkId link, const Origin& origin,
                                            const std::string& name) {
    handling->sources().update(link, origin, name);
    const auto other = twins->changed(link, origin, io::read_clocks().steady);
    if (!other || !log) return;
    try {
      log({Level::warning, "link.twice",
           publishers[*other] + " and " + publishers[link] + " are one publisher, " + name +
               ": give only one of them, since each takes the other's place there, over and over"});
    } catch (...) {  // the owner's callback; it has nobody to tell
    }
  };
  auto engine = io::ConsumerEngine::open(std::move(settings));
  if (!engine) return engine.error();
  state->engine = std::move(*engine);
  return Consumer(std::move(state));
}

Consumer::Consumer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Consumer::Consumer(Consumer&&) noexcept = default;

Consumer& Consumer::operator=(Consumer&& other) noexcept {
  if (this != &other) {
    if (state_ != nullptr) (void)close();
    state_ = std::move(other.state_);
  }
  return *this;
}

Consumer::~Consumer() {
  if (state_ != nullptr) (void)close();
}

Result<void> Consumer::close() {
  return close(state_->close_timeout);
}

Result<void> Consumer::close(Duration timeout) {
  if (state_->engine->is_worker()) return invalid("close() from inside a handler would wait for itself");
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->closed, true)) return {};
  return state_->engine->close(timeout);
}

void Consumer::stop() {
  state_->engine->refuse();
}

ConsumerStats Consumer::stats() const {
  const auto report = state_->engine->report();
  ConsumerStats stats;
  stats.total.phase = LinkPhase::left;
  for (std::size_t i = 0; i < report.links.size(); ++i) {
    stats.links.push_back(stats_of(report.links[i], state_->publishers[i]));
    add(stats.total, stats.links.back());
  }
  stats.total.caught_up = report.caught_up;
  stats.handled = state_->engine->handled();
  stats.queued = report.queued;
  stats.running = report.running;
  return stats;
}

Result<void> Consumer::wait_caught_up(Duration timeout) const {
  return state_->engine->wait_caught_up(timeout);
}

const std::string& Consumer::member() const {
  return state_->member;
}

}  // namespace mesh
