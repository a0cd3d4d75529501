// Where published events gather until the engine commits them: encoded once, by the thread that publishes,
// into the batch that will be on disk and on the wire.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/io/waker.hpp>
#include <mesh/model/time.hpp>

namespace mesh::io {

struct StagingSettings {
  Origin origin;
  Seq next_seq = 1;
  std::size_t event_size_max = 1u << 20;
  std::size_t bytes_max = 16u << 20;  ///< at least event_size_max
  /// Beyond so many a publish that may wait does so while commits go on, though there is room: more would not
  /// be committed sooner, but would have left the processor's cache by then.
  std::size_t pace = 16u << 20;
  WallTime newest = 0;  ///< events' times do not go back before it (a start by time relies on that)
  /// Asked by a thread that has staged where nothing was, and may wait: whether it has committed that itself.
  /// Else the engine is woken.
  std::function<bool()> commit_here = nullptr;
};

class Staging {
 public:
  Staging(const StagingSettings& settings, Waker& engine);

  // ---- any thread ----
  /// Encodes the event and gives it its seq. While there is no room it waits for `timeout` (error timeout),
  /// or with none fails at once (staging_full). Other errors: those of check_event, journal_full, closed.
  Result<Seq> publish(const EventInput& event, std::optional<Duration> timeout);

  /// The last seq given out.
  Seq last() const { return last_.load(std::memory_order_acquire); }

  std::uint64_t published() const { return published_.load(std::memory_order_relaxed); }

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  /// publish fails from now on; who waits is woken.
  void close();

  // ---- the engine ----
  bool waiting() const { return waiting_.load(std::memory_order_acquire); }

  /// Appends the oldest batches to `batches`: all there is, or until about `bytes` are reached.
  void take(std::vector<Batch>& batches, std::size_t bytes);
  /// The bodies of taken batches, together this large, were committed or failed: there is room again.
  void release(std::size_t bytes);
  /// While full, publish fails with journal_full.
  void set_full(bool full);

 private:
  Result<void> wait_for_room(std::size_t size, std::optional<Duration> timeout,
                             std::unique_lock<std::mutex>& lock);
  void read_time(bool first);
  bool has_room(std::size_t size, std::size_t bound) const;
  bool wait_within(std::size_t size, std::size_t bound, Duration timeout, std::unique_lock<std::mutex>& lock);

  const std::size_t event_size_max_;
  const std::size_t bytes_max_;
  const std::size_t pace_;
  const Origin origin_;
  const std::function<bool()> commit_here_;
  Waker& engine_;

  std::mutex mutex_;
  std::condition_variable room_;
  BatchBuilder builder_;
  BatchBuilder spare_;  ///< the engine's: sealed outside of the lock
  std::vector<Batch> closed_batches_;
  Seq next_seq_;
  WallTime newest_ = 0;
  WallTime tick_ = 0;  ///< of the kernel's clock when that was read
  unsigned times_reused_ = 0;
  unsigned waiters_ = 0;
  bool stuck_ = false;  ///< no commit came for a while: what there is room for need not wait for the pace
  bool closed_ = false;
  std::atomic<Seq> last_;
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> waiting_{false};
  std::atomic<bool> full_{false};
};

}  // namespace mesh::io
