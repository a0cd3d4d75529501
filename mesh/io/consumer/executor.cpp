#include <mesh/io/consumer/executor.hpp>

#include <algorithm>
#include <utility>

#include <mesh/io/clock.hpp>

namespace mesh::io {

namespace {

/// A run is cut short after this, so that what is done is acknowledged soon and a stop does not wait for
/// long.
constexpr Duration run_time_max = 5ms;
/// While this many events take less than a moment, the clock is not read for each.
constexpr std::size_t clock_stride = 8;
constexpr Duration stride_moment = 50us;
/// A handler that runs longer leaves the lead to another thread; until then nothing is received.
constexpr Duration lead_moment = 1ms;
/// Setting a timer takes longer than many handlers do. So one serves all the short runs of this time, if the
/// newest was quick: a handler that is slow for once is noticed later. Nor is anybody without a leader for
/// longer, however many runs follow each other.
constexpr Duration lead_moment_quick = 20ms;
constexpr std::size_t quick_run_max = 32;

Now at(Duration steady) {
  return {steady, 0};
}

}  // namespace

Executor::Executor(core::DispatcherSettings settings, Handle handle, Lead lead, Waker& engine)
    : settings_(settings),
      handle_(std::move(handle)),
      lead_(std::move(lead)),
      engine_(engine),
      dispatcher_(settings) {}

Result<void> Executor::start() {
  if (settings_.concurrency == 1) {
    alarm_ = std::make_unique<Alarm>();
    if (!alarm_->is_open()) return fail(Errc::limit_reached, "the process is out of file descriptors");
  }
  for (std::uint32_t i = 0; i < settings_.concurrency + 1; ++i) {
    auto worker = std::make_unique<Worker>();
    worker->extend = [this, owner = worker.get()] {
      const std::lock_guard lock(mutex_);
      const auto now = steady_now();
      owner->since.store(now.count(), std::memory_order_relaxed);
      owner->timed.store(owner->index.load(std::memory_order_relaxed), std::memory_order_relaxed);
      dispatcher_.progress(owner->running, owner->index.load(std::memory_order_relaxed), at(now));
      dispatcher_.extend(owner->running, at(now));
    };
    auto thread = Thread::start("zmesh-consume", [this, owner = worker.get()] { work(*owner); });
    if (!thread) return thread.error();
    worker->thread = std::move(*thread);
    workers_.push_back(std::move(worker));
  }
  // Not before all are there: one that leads alone could not be stopped.
  {
    const std::lock_guard lock(mutex_);
    leaderless_ = true;
  }
  wake_all();
  return {};
}

void Executor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    refusing_ = true;
    cut_ = true;
    dispatcher_.drop_queued();
  }
  wake_all();
  for (auto& worker : workers_) worker->thread.join();
}

bool Executor::is_worker() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->thread.is_current(); });
}

// ---- the engine -------------------------------------------------------------------------------------------

void Executor::push(std::vector<core::Delivery>& deliveries) {
  if (deliveries.empty()) return;
  const std::lock_guard lock(mutex_);
  dispatcher_.push(deliveries);
  if (refusing_) dispatcher_.drop_queued();
  maybe_runnable_ = true;
  hands_wanted_ = dispatcher_.running() < settings_.concurrency;
}

void Executor::drop(core::LinkId link, std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  dispatcher_.drop(link, generation);
  waiting_ = true;
  cut_ = true;
}

void Executor::drain(core::LinkId link, SlotMask slots, std::uint32_t generation) {
  const std::lock_guard lock(mutex_);
  dispatcher_.drain(link, slots, generation);
  waiting_ = true;
  cut_ = true;
}

void Executor::change(core::LinkId link, std::span<const core::KeyChange> keys) {
  if (keys.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const auto& key : keys) dispatcher_.change(link, key);
}

void Executor::refuse() {
  const std::lock_guard lock(mutex_);
  refusing_ = true;
  cut_ = true;
  dispatcher_.drop_queued();
  waiting_ = true;
}

Executor::Load Executor::collect(std::vector<core::Completion>& completions, Now now) {
  const std::lock_guard lock(mutex_);
  waiting_.store(false, std::memory_order_relaxed);
  if (const auto due = dispatcher_.next_deadline(); due && *due <= now.steady) {
    // What the dispatcher knows of a run's progress is from its start: bring it up to date first.
    for (const auto& worker : workers_) {
      if (worker->running == 0) continue;
      const auto index = worker->index.load(std::memory_order_acquire);
      const auto since = worker->since.load(std::memory_order_relaxed);
      const bool newer = std::exchange(worker->since_told, since) != since;
      const bool further = std::exchange(worker->index_told, index) != index;
      // An event that began after the clock was read for its run began at the latest now.
      const bool timed = worker->timed.load(std::memory_order_relaxed) == index;
      if (newer || further) dispatcher_.progress(worker->running, index, timed ? at(Duration(since)) : now);
    }
    dispatcher_.expire(now);
    cut_ = true;  // a run that is so old has been quick, and is no longer
  }
  dispatcher_.take_completions(completions);
  return {dispatcher_.queued(), dispatcher_.queued_bytes(), dispatcher_.running(),
          dispatcher_.next_deadline()};
}

// ---- threads ----------------------------------------------------------------------------------------------

// Called and left with the lock. False: the engine's loop goes on elsewhere, or has ended.
bool Executor::lead(std::unique_lock<std::mutex>& lock) {
  if (!leaderless_) return false;
  leaderless_ = false;
  lock.unlock();
  hands_wanted_ = false;
  const bool goes_on = lead_();
  lock.lock();
  leaderless_ = goes_on;
  led_at_ = steady_now();
  return true;
}

void Executor::work(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto started = steady_now();
    const bool taken = dispatcher_.take(worker.run, at(started));
    if (settings_.ordered && dispatcher_.has_completions() && !waiting_.exchange(true)) engine_.notify();
    if (!taken) {
      maybe_runnable_ = false;
      if (lead(lock)) continue;
      if (stopping_) return wake_all();  // an alarm wakes but one
      sleep(lock);
      continue;
    }
    worker.running = worker.run.id;
    worker.index.store(0, std::memory_order_relaxed);
    worker.timed.store(0, std::memory_order_relaxed);
    worker.since.store(started.count(), std::memory_order_relaxed);
    worker.since_told = started.count();
    worker.index_told = 0;
    cut_.store(refusing_, std::memory_order_relaxed);
    run_began_ = started;
    const bool pass_on = sleeping_ > 0 && (leaderless_ || (maybe_runnable_ && dispatcher_.queued() > 0));
    if (pass_on && alarm_) set_alarm(worker.run, started);
    lock.unlock();
    if (pass_on && !alarm_) runnable_.notify_one();
    handle_run(worker, started);
    // Freeing batches takes time, which nobody should wait for.
    if (worker.begun == worker.run.deliveries.size()) core::let_go(worker.run.deliveries);
    lock.lock();
    finish(worker, started);
  }
}

void Executor::sleep(std::unique_lock<std::mutex>& lock) {
  ++sleeping_;
  if (alarm_) {
    sleep_until_alarm(lock);
  } else {
    runnable_.wait(lock);
  }
  --sleeping_;
}

void Executor::sleep_until_alarm(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    lock.unlock();
    alarm_->wait();
    lock.lock();
    alarm_at_ = Duration::zero();
    const auto now = steady_now();
    if (stopping_ || !leaderless_ || now >= led_at_ + lead_moment_quick) return;
    // It was set for an earlier run: what is under way has its moment too.
    const auto left = run_began_ + lead_moment - now;
    if (left <= Duration::zero()) return;
    set_alarm(now, last_run_ < lead_moment ? lead_moment_quick : left);
  }
}

void Executor::set_alarm(const core::Run& run, Duration now) {
  const bool quick = run.deliveries.size() <= quick_run_max && last_run_ < lead_moment;
  if (!quick) return set_alarm(now, lead_moment);
  if (alarm_at_ <= now) set_alarm(now, lead_moment_quick);
}

void Executor::set_alarm(Duration now, Duration moment) {
  alarm_at_ = std::max(now + Duration{1}, std::min(now + moment, led_at_ + lead_moment_quick));
  alarm_->set(alarm_at_ - now);
}

void Executor::wake_all() {
  alarm_ ? alarm_->set(0s) : runnable_.notify_all();
}

void Executor::handle_run(Worker& worker, Duration started) {
  auto& outcomes = worker.outcomes;
  const auto& deliveries = worker.run.deliveries;
  outcomes.clear();
  worker.begun = 0;
  auto begun = started;
  std::size_t timed = 0;  // the newest event whose begin is known
  std::size_t stride = 1;
  Outcome outcome;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    if (i > 0) {
      if (i - timed >= stride || deliveries[i].counted) {
        const auto before = std::exchange(begun, steady_now());
        stride = begun - before < stride_moment ? clock_stride : 1;
        timed = i;
      }
      // A run that takes long, or a stop, gives back what has not begun.
      if (begun - started > run_time_max || cut_.load(std::memory_order_relaxed)) break;
      if (timed == i) {
        worker.since.store(begun.count(), std::memory_order_relaxed);
        worker.timed.store(i, std::memory_order_relaxed);
      }
      worker.index.store(i, std::memory_order_release);
    }
    ++worker.begun;
    handle_(deliveries[i], worker.extend, outcome);
    const bool acked = outcome.kind == core::Completion::Kind::ack;
    const bool plain = acked && !deliveries[i].counted;
    if (plain && outcomes.empty()) continue;
    if (!plain) outcome.took = steady_now() - begun;
    outcomes.resize(i);
    outcomes.push_back(std::exchange(outcome, Outcome{}));
    // What follows of its key waits for it.
    if (settings_.ordered && !acked) break;
  }
}

void Executor::finish(Worker& worker, Duration started) {
  handled_.fetch_add(worker.begun, std::memory_order_relaxed);
  const auto now = at(steady_now());
  last_run_ = now.steady - started;
  dispatcher_.shorten(worker.run, worker.begun);
  if (worker.outcomes.empty())
    dispatcher_.finish_all(worker.running, now);
  else
    dispatcher_.finish(worker.running, worker.outcomes, now);
  if (refusing_) dispatcher_.drop_queued();
  worker.running = 0;
  waiting_.store(true, std::memory_order_release);
  engine_.notify();
}

}  // namespace mesh::io
