// How fast what is owed grows, by its low water, and when it reaches a limit at that rate.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include <mesh/model/time.hpp>

namespace mesh::core {

class Growth {
 public:
  static constexpr Duration window = 1min;
  static constexpr Duration window_min = 5s;  ///< less says nothing yet
  static constexpr Duration spacing = 1s;     ///< of what is remembered

  void note(Duration now, std::uint64_t bytes);
  /// Nothing: it does not grow, or not for window_min. At most ten years.
  std::optional<Duration> reaches(std::uint64_t limit) const;

 private:
  struct Sample {
    Duration at{0};
    std::uint64_t bytes = 0;
  };

  std::deque<Sample>
      samples_;  ///< the newest last; the last one moves until it is `spacing` after the others
};

}  // namespace mesh::core
