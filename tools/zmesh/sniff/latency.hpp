// How long events took to get here, as a distribution.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <mesh/model/time.hpp>

namespace zmesh {

/// Counts in buckets that grow by about a tenth, from a microsecond to an hour: exact enough, and of a fixed
/// size.
class LatencyTally {
 public:
  void add(mesh::Duration latency);

  std::uint64_t count() const { return count_; }

  /// The latency that this share of the events kept below; 0 when there were none.
  mesh::Duration quantile(double share) const;

  /// "latency of 1000 events: half below 250us, 99 % below 1.2ms, at most 3ms".
  std::string summary() const;

 private:
  static constexpr std::size_t buckets = 240;

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  mesh::Duration longest_{0};
};

}  // namespace zmesh
