// How other threads reach a loop: they post, it drains.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include <mesh/io/waker.hpp>

namespace mesh::io {

/// What is posted must be bounded by its nature (answers to requests, calls of blocked callers).
template <class T>
class Mailbox {
 public:
  explicit Mailbox(Waker& waker) : waker_(waker) {}

  /// Any thread.
  void post(T item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
      waiting_.store(true, std::memory_order_release);
    }
    waker_.notify();
  }

  /// The loop's thread. Something was posted and not drained.
  bool waiting() const { return waiting_.load(std::memory_order_acquire); }

  /// The loop's thread: everything posted since the last time, in order. `items` must be empty; its memory is
  /// used for what comes next.
  void drain(std::vector<T>& items) {
    if (!waiting()) return;
    const std::lock_guard lock(mutex_);
    items_.swap(items);
    waiting_.store(false, std::memory_order_release);
  }

 private:
  Waker& waker_;
  std::mutex mutex_;
  std::vector<T> items_;
  std::atomic<bool> waiting_{false};
};

}  // namespace mesh::io
