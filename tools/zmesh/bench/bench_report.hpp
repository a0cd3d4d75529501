// The results of a scenario, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/bench/scenario.hpp>

namespace zmesh {

/// "os 256", as in progress and complaints.
std::string mode_text(const Mode& mode);

/// `samples[mode]` holds one sample per run, and at least one. All figures are medians; a ratio is the median
/// of the runs' ratios.
std::string bench_table(const Scenario& scenario, const std::vector<std::vector<Sample>>& samples);
std::string bench_json(const std::string& name, const Scenario& scenario,
                       const std::vector<std::vector<Sample>>& samples);

std::string number_text(double value, int digits);

}  // namespace zmesh
