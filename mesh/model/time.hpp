// Time as an argument: both clocks, read once per loop turn and passed down.
#pragma once

#include <chrono>

#include <journal/identity.hpp>

namespace mesh {

using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// `steady` decides (leases, timers, deadlines); `wall` is only written down (attempt histories, due times
/// that must survive a restart).
struct Now {
  Duration steady{0};
  WallTime wall = 0;
};

}  // namespace mesh
