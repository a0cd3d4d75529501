#include <mesh/io/consumer/consumer_engine.hpp>

#include <poll.h>

#include <algorithm>
#include <exception>

#include <mesh/io/clock.hpp>

namespace mesh::io {

namespace {

constexpr Duration sleep_longest = 10s;
/// About as many as an answer to a fetch has, so that most go to the handler as they came.
constexpr std::size_t run_max = 16'384;
constexpr Duration report_interval = 5ms;  ///< while there is no rest
constexpr Duration ask_interval = 500ms;   ///< the executor, for handlers that are out of time
constexpr Duration farewell_time = 250ms;  ///< for Detach to be answered, once the time to close is up

core::DispatcherSettings dispatcher_settings(const ConsumerEngineSettings& settings) {
  core::DispatcherSettings dispatcher;
  dispatcher.concurrency = settings.concurrency;
  dispatcher.ack_wait = settings.member.policy.ack_wait;
  dispatcher.run_max = run_max;
  dispatcher.ordered = settings.member.policy.order == Order::key;
  return dispatcher;
}

}  // namespace

ConsumerEngine::ConsumerEngine(ConsumerEngineSettings settings)
    : settings_(std::move(settings)),
      executor_(
          dispatcher_settings(settings_), settings_.handle, [this] { return lead(); }, waker_),
      watchdog_(settings_.context, [this](Watchdog::Id id, LinkEvent event) {
        mailbox_.post(Watched{id, event});
      }) {}

Result<std::unique_ptr<ConsumerEngine>> ConsumerEngine::open(ConsumerEngineSettings settings) {
  std::unique_ptr<ConsumerEngine> engine(new ConsumerEngine(std::move(settings)));
  if (auto started = engine->start(); !started) return started.error();
  return engine;
}

ConsumerEngine::~ConsumerEngine() {
  if (started_) (void)close(0s);
  executor_.stop();
}

Result<void> ConsumerEngine::start() {
  if (!waker_.is_open()) return fail(Errc::limit_reached, "the process is out of file descriptors");
  if (auto started = watchdog_.start(); !started) return started;
  now_ = read_clocks();
  for (const auto& endpoint : settings_.publishers) {
    LinkSettings link{endpoint, settings_.member, settings_.event_size_max, settings_.log,
                      settings_.on_source};
    link.member.link = static_cast<core::LinkId>(links_.size());
    links_.push_back(std::make_unique<Link>(std::move(link), settings_.context, watchdog_));
    if (auto opened = links_.back()->open(now_); !opened) return opened;
  }
  publish_report();
  if (auto started = executor_.start(); !started) return started;
  started_ = true;
  return {};
}

Result<void> ConsumerEngine::close(Duration timeout) {
  started_ = false;
  mailbox_.post(Close{false});
  bool drained = false;
  {
    const auto ended = [this] { return report_.ended; };
    std::unique_lock lock(report_mutex_);
    drained = reported_change_.wait_until(lock, deadline_after(timeout), ended);
    if (!drained) mailbox_.post(Close{true});
    reported_change_.wait(lock, ended);
  }
  executor_.stop();
  watchdog_.stop();
  if (drained) return {};
  return fail(Errc::timeout, "a handler or a publisher took longer; what was in hand will come again");
}

ConsumerReport ConsumerEngine::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

Result<void> ConsumerEngine::wait_caught_up(Duration timeout) const {
  std::unique_lock lock(report_mutex_);
  const bool known = reported_change_.wait_until(lock, deadline_after(timeout),
                                                 [this] { return report_.caught_up || report_.ended; });
  if (!known) return fail(Errc::timeout, "not everything has been received and settled yet");
  if (!report_.caught_up) return fail(Errc::closed, "the consumer is closed");
  return {};
}

// ---- whoever leads ----------------------------------------------------------------------------------------

bool ConsumerEngine::lead() {
  try {
    while (!ending_) {
      turn();
      if (executor_.hands_wanted()) return true;
    }
  } catch (const std::exception& error) {
    // Out of memory in the middle of a turn: what is not acknowledged comes again.
    if (settings_.log)
      settings_.log(
          {Level::error, "consumer.ended", std::string("the consumer's loop ended: ") + error.what()});
  }
  end();
  return false;
}

void ConsumerEngine::end() {
  executor_.refuse();
  for (auto& link : links_) link->close();
  {
    const std::lock_guard lock(report_mutex_);
    report_.ended = true;
  }
  reported_change_.notify_all();
}

void ConsumerEngine::turn() {
  now_ = read_clocks();
  drain_mailbox();
  collect_completions();
  more_input_ = false;
  std::size_t pushed = 0;
  for (auto& link : links_) link->send_late();
  for (auto& link : links_) {
    more_input_ |= link->drain(now_);
    link->core().on_time(now_);
    link->revive(now_);
    pushed += link->carry_out(executor_);
  }
  if (!executor_.hands_wanted())  // nobody comes back at once
    for (auto& link : links_) link->send_late();
  if (pushed > 0) {
    load_.queued += pushed;
    // A handler that starts now may hang: the executor wants to be asked again in time.
    if (!load_.deadline) load_.deadline = ask_again();
  }
  if (closing_ && (all_left() || (farewell_ && *farewell_ <= now_.steady))) ending_ = true;
  publish_report();
  if (!ending_ && !executor_.hands_wanted()) sleep();
}

void ConsumerEngine::drain_mailbox() {
  mailbox_.drain(mail_);
  for (const auto& mail : mail_) {
    if (const auto* watched = std::get_if<Watched>(&mail))
      links_[Link::link_of(watched->id)]->on_link_event(watched->id, watched->event, now_);
    else
      close_links(std::get<Close>(mail).abandon);
  }
  mail_.clear();
}

void ConsumerEngine::collect_completions() {
  if (!executor_.waiting() && !(load_.deadline && *load_.deadline <= now_.steady)) return;
  completions_.clear();
  load_ = executor_.collect(completions_, now_);
  if (!load_.idle() && !load_.deadline) load_.deadline = ask_again();
  for (const auto& completion : completions_) links_[completion.link]->core().on_completion(completion, now_);
  for (auto& link : links_) link->core().on_queue(load_.queued, load_.queued_bytes, now_);
}

Duration ConsumerEngine::ask_again() const {
  return now_.steady + std::min(settings_.member.policy.ack_wait, ask_interval);
}

void ConsumerEngine::close_links(bool abandon) {
  closing_ = true;
  for (auto& link : links_) link->core().on_close(abandon, now_);
  executor_.refuse();
  if (abandon) farewell_ = now_.steady + farewell_time;
}

bool ConsumerEngine::all_left() const {
  return std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->left(); });
}

void ConsumerEngine::publish_report() {
  const bool settled = load_.idle() && !executor_.waiting();
  const bool caught_up = settled && std::all_of(links_.begin(), links_.end(),
                                                [](const auto& link) { return link->core().caught_up(); });
  if (more_input_ && caught_up == was_caught_up_ && now_.steady - reported_ < report_interval) return;
  was_caught_up_ = caught_up;
  reported_ = now_.steady;
  {
    const std::lock_guard lock(report_mutex_);
    report_.links.resize(links_.size());
    for (std::size_t i = 0; i < links_.size(); ++i) {
      const auto& core = links_[i]->core();
      auto& link = report_.links[i];
      link.phase = core.phase();
      link.origin = core.origin();
      link.publisher = core.publisher_name();
      link.position = core.position();
      link.head = core.head();
      link.caught_up = core.caught_up();
      link.counters = core.counters();
      link.reconnects = links_[i]->reconnects();
      link.last_error = core.last_error() ? core.last_error()->describe() : "";
    }
    report_.queued = load_.queued;
    report_.running = load_.running;
    report_.caught_up = caught_up;
  }
  if (caught_up) reported_change_.notify_all();
}

void ConsumerEngine::sleep() {
  if (more_input_) return;
  auto deadline = now_.steady + sleep_longest;
  if (load_.deadline) deadline = std::min(deadline, *load_.deadline);
  if (farewell_) deadline = std::min(deadline, *farewell_);
  poll_items_.assign(1, {waker_.fd(), POLLIN, 0});
  bool readable = false;
  for (const auto& link : links_) {
    if (const auto due = link->deadline()) deadline = std::min(deadline, *due);
    for (const int descriptor : link->descriptors()) poll_items_.push_back({descriptor, POLLIN, 0});
    readable = readable || link->readable();
  }
  waker_.arm();
  if (!readable && !mailbox_.waiting() && !executor_.waiting()) {
    // At least a millisecond, also for a deadline that has just passed: an idle consumer must not spin.
    const int timeout = std::max(1, poll_timeout(deadline, now_.steady, sleep_longest));
    // Not zmq_poll, which asks each socket twice again what was just asked.
    ::poll(poll_items_.data(), poll_items_.size(), timeout);
  }
  waker_.disarm();
}

}  // namespace mesh::io
