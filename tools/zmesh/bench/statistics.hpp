// The two figures that are made of many.
#pragma once

#include <cstdint>
#include <vector>

namespace zmesh {

/// Precondition: not empty.
double median(std::vector<double> values);

/// The value that `share` (0 to 1) of them do not exceed, by nearest rank; 0 for none.
std::uint64_t percentile(std::vector<std::uint64_t> values, double share);

}  // namespace zmesh
