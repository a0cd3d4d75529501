#include <mesh/io/clock.hpp>

#include <time.h>

#include <algorithm>
#include <chrono>

namespace mesh::io {

Duration steady_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

WallTime wall_now() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()).count();
}

WallTime wall_tick() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::chrono::nanoseconds(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec))
      .count();
}

Now read_clocks() {
  return {steady_now(), wall_now()};
}

std::chrono::steady_clock::time_point deadline_after(Duration timeout) {
  constexpr Duration longest = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                std::clamp(timeout, Duration{0}, longest));
}

int poll_timeout(Duration deadline, Duration now, Duration longest) {
  if (deadline <= now) return 0;
  const auto wait = std::min(deadline - now, longest);
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

}  // namespace mesh::io
