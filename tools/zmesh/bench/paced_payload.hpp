// What every publisher of a benchmark sends next, and when.
#pragma once

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/bench/pacer.hpp>
#include <tools/zmesh/bench/workload.hpp>

namespace zmesh {

/// The payload of that number; at a rate, when it is due, and with the time in it. Valid until the next call.
inline std::span<std::byte> paced_payload(Workload& workload, Pacer& pacer, const BenchChild& child,
                                          std::uint64_t number) {
  const auto payload = workload.payload(number);
  if (child.rate > 0) {
    pacer.wait(number);
    write_time(payload, monotonic_ns());
  }
  return payload;
}

}  // namespace zmesh
