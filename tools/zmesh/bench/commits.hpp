// Runs whose measured process is alone: bare LMDB commits, and publishers whose events are only confirmed.
#pragma once

#include <optional>

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/bench/scenario.hpp>

namespace zmesh {

/// Runs that child with a place of its own, and checks that all its events were confirmed. Yields
/// events_per_second, p50_us, p99_us, max_us and cpu_seconds_per_million.
std::optional<Sample> run_commits(const Bench& bench, BenchChild child);

}  // namespace zmesh
