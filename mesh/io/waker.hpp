// Wakes a loop that sleeps in a poll, and costs nothing while it does not sleep.
//
//   the loop:    arm(); if (work is there) disarm(); else { poll(fd() and sockets); disarm(); }
//   the others:  make work visible (under its own lock); notify();
//
// Either the loop sees the work after arm(), or notify() sees that it is armed: never neither.
#pragma once

#include <atomic>

namespace mesh::io {

class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// False when the process had no descriptor left.
  bool is_open() const { return fd_ >= 0; }

  int fd() const { return fd_; }

  /// The loop's thread.
  void arm() {
    armed_.store(true, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  void disarm();

  /// Any thread.
  void notify() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (armed_.load(std::memory_order_relaxed) && armed_.exchange(false)) signal();
  }

 private:
  void signal();
  std::atomic<bool> armed_{false};
  std::atomic<bool> signalled_{false};
  int fd_;
};

}  // namespace mesh::io
