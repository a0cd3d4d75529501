// The clocks: read here and nowhere else in mesh/.
#pragma once

#include <mesh/model/time.hpp>

namespace mesh::io {

/// Nanoseconds since an arbitrary point; never goes back.
Duration steady_now();
WallTime wall_now();
/// The same as of the kernel's last tick, some milliseconds ago at most; costs a fraction.
WallTime wall_tick();
Now read_clocks();

/// The end of a wait of `timeout` from now; a timeout may be any value.
std::chrono::steady_clock::time_point deadline_after(Duration timeout);

/// Milliseconds to give to a poll so that it ends at or shortly after `deadline`; at most `longest`.
int poll_timeout(Duration deadline, Duration now, Duration longest);

}  // namespace mesh::io
