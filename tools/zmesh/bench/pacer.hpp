// Says when the next event is due. Who has fallen behind goes on at once, and does not lose events.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace zmesh {

class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  /// `rate` 0: never waits. Beyond 10,000/s it wakes once per millisecond for all that is due.
  explicit Pacer(double rate)
      : interval_(rate > 0
                      ? std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate))
                      : Clock::duration::zero()),
        tick_(rate > 10'000 ? std::chrono::milliseconds(1) : Clock::duration::zero()) {}

  /// Before event `number`, counted from 0.
  void wait(std::uint64_t number) {
    if (interval_ == Clock::duration::zero()) return;
    const auto due = start_ + interval_ * static_cast<Clock::duration::rep>(number);
    if (due > woken_ && due > (woken_ = Clock::now())) {
      std::this_thread::sleep_until(std::max(due, woken_ + tick_));
      woken_ = Clock::now();
    }
  }

 private:
  Clock::duration interval_;
  Clock::duration tick_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point woken_ = start_;
};

}  // namespace zmesh
