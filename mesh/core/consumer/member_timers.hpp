// A member's deadlines: a fixed set, each due at a steady time or not at all.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <mesh/model/time.hpp>

namespace mesh::core {

enum class Timer : std::uint8_t {
  hello,         ///< (again) ask to be attached
  fetch_answer,  ///< the outstanding fetch is given up
  fetch_retry,   ///< no fetch before this
  ack,           ///< there is something to report
  life,          ///< a sign of life is due
  lease,         ///< nothing was heard from the publisher for a whole lease
  silence,       ///< nothing was heard on the live path for too long
  probe,         ///< look by fetch whether the live path has begun to work
  release,       ///< give slots back again
  detach,        ///< say goodbye again
  reach,         ///< nothing was ever heard of the publisher
};

class MemberTimers {
 public:
  MemberTimers() { at_.fill(never); }

  void set(Timer timer, Duration at) { slot(timer) = at; }

  void set_earlier(Timer timer, Duration at) { slot(timer) = std::min(slot(timer), at); }

  void clear(Timer timer) { slot(timer) = never; }

  void clear() { at_.fill(never); }

  bool active(Timer timer) const { return at_[index(timer)] != never; }

  /// True once when it is due: it is cleared.
  bool fired(Timer timer, Duration now) {
    if (slot(timer) > now) return false;
    clear(timer);
    return true;
  }

  /// Measures all anew: time passed in which this process did not run.
  void shift(Duration by) {
    for (auto& at : at_) {
      if (at != never) at += by;
    }
  }

  std::optional<Duration> next() const {
    const auto first = *std::min_element(at_.begin(), at_.end());
    return first == never ? std::nullopt : std::optional(first);
  }

 private:
  static constexpr Duration never = Duration::max();
  static constexpr std::size_t count = static_cast<std::size_t>(Timer::reach) + 1;

  static std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }

  Duration& slot(Timer timer) { return at_[index(timer)]; }

  std::array<Duration, count> at_;
};

}  // namespace mesh::core
