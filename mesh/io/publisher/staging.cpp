#include <mesh/io/publisher/staging.hpp>

#include <algorithm>
#include <utility>

#include <mesh/io/clock.hpp>

namespace mesh::io {

namespace {

/// A commit that takes longer is no pace.
constexpr Duration pace_wait = 20ms;
/// Events that wait for one commit may have the same time: so many, and within one tick of the kernel's
/// clock.
constexpr unsigned times_reused_max = 8;

}  // namespace

Staging::Staging(const StagingSettings& settings, Waker& engine)
    : event_size_max_(settings.event_size_max),
      bytes_max_(settings.bytes_max),
      pace_(std::min(settings.bytes_max, std::max(settings.pace, settings.event_size_max))),
      origin_(settings.origin),
      commit_here_(settings.commit_here),
      engine_(engine),
      builder_(settings.origin),
      spare_(settings.origin),
      next_seq_(settings.next_seq),
      newest_(settings.newest),
      last_(settings.next_seq - 1) {}

bool Staging::has_room(std::size_t size, std::size_t bound) const {
  const auto used = bytes_.load(std::memory_order_relaxed);
  return used == 0 || used + size <= bound;
}

bool Staging::wait_within(std::size_t size, std::size_t bound, Duration timeout,
                          std::unique_lock<std::mutex>& lock) {
  ++waiters_;
  const bool ready = room_.wait_until(lock, deadline_after(timeout),
                                      [&] { return closed_ || full_ || has_room(size, bound); });
  --waiters_;
  return ready;
}

Result<void> Staging::wait_for_room(std::size_t size, std::optional<Duration> timeout,
                                    std::unique_lock<std::mutex>& lock) {
  if (timeout && !stuck_ && !has_room(size, pace_))
    stuck_ = !wait_within(size, pace_, std::min(*timeout, pace_wait), lock);
  if (!has_room(size, bytes_max_)) {
    if (!timeout) return fail(Errc::staging_full, "too many bytes wait for their commit");
    if (!wait_within(size, bytes_max_, *timeout, lock))
      return fail(Errc::timeout, "too many bytes wait for their commit; the event was not published");
  }
  if (closed_) return fail(Errc::closed, "the publisher is closed");
  if (full_) return fail(Errc::journal_full, "the journal is at its limit: groups have not settled enough");
  return {};
}

// In a stream of events the clock is looked at for some of them only: reading it costs as much as encoding
// one.
void Staging::read_time(bool first) {
  const WallTime tick = wall_tick();
  if (!first && tick == tick_ && ++times_reused_ < times_reused_max) return;
  newest_ = std::max(newest_, wall_now());
  tick_ = tick;
  times_reused_ = 0;
}

Result<Seq> Staging::publish(const EventInput& event, std::optional<Duration> timeout) {
  if (auto checked = check_event(event, event_size_max_); !checked) return checked.error();
  const auto size = encoded_size(event);

  std::unique_lock lock(mutex_);
  if (auto room = wait_for_room(size, timeout, lock); !room) return room.error();
  // A batch never exceeds its target but for one event that is larger alone: receivers rely on that bound.
  if (!builder_.empty() && builder_.body_size() + size > batch_body_target)
    closed_batches_.push_back(builder_.seal());
  const Seq seq = next_seq_++;
  const bool first = !waiting_.load(std::memory_order_relaxed);  // written under the lock only
  read_time(first);
  builder_.append(seq, newest_, event);
  bytes_.store(bytes_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  published_.store(published_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  last_.store(seq, std::memory_order_release);
  if (first) waiting_.store(true, std::memory_order_seq_cst);
  lock.unlock();
  const bool may_wait = timeout && *timeout > Duration::zero();
  if (!first || (may_wait && commit_here_ && commit_here_())) return seq;
  engine_.notify();
  return seq;
}

void Staging::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

void Staging::take(std::vector<Batch>& batches, std::size_t bytes) {
  std::size_t taken = 0;
  bool seal = false;
  {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count < closed_batches_.size() && taken < bytes) taken += closed_batches_[count++].size();
    const auto end = closed_batches_.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(closed_batches_.begin(), end, std::back_inserter(batches));
    closed_batches_.erase(closed_batches_.begin(), end);
    if (closed_batches_.empty() && taken < bytes && !builder_.empty()) {
      std::swap(builder_, spare_);
      seal = true;
    }
    waiting_.store(!closed_batches_.empty() || !builder_.empty());
  }
  if (seal) batches.push_back(spare_.seal());
}

void Staging::release(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_.store(bytes_.load(std::memory_order_relaxed) - bytes, std::memory_order_relaxed);
  stuck_ = false;
  if (waiters_ > 0) room_.notify_all();
}

void Staging::set_full(bool full) {
  if (full_.load(std::memory_order_relaxed) == full) return;
  const std::lock_guard lock(mutex_);
  full_.store(full);
  if (full) room_.notify_all();
}

}  // namespace mesh::io
