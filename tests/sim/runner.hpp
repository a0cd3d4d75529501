// Runs many seeds in a few processes, so that a crash or a hang of one run is a failure of its seed too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "simulation.hpp"

namespace sim {

struct Plan {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  std::optional<double> time_limit;  ///< seconds of real time
  Plant plant = Plant::none;
  unsigned processes = 2;
  bool progress = true;
  bool all = false;  ///< go on after a broken promise; each is told in one line
};

struct Summary {
  Tally tally;
  std::optional<std::uint64_t> failed_seed;
  std::string failure;  ///< when the run did not end by itself: killed by a signal, or hung
  double seconds = 0;
};

Summary run_many(const Plan& plan);

/// Adds one run's counts.
void add(Tally& sum, const Tally& one);
std::string to_text(const Tally& tally);

}  // namespace sim
