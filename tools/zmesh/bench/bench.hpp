// `zmesh bench SCENARIO`: how fast the mesh is on this machine, beside plain ZeroMQ and bare LMDB in the same
// run. Every scenario starts processes of its own for each run (child.hpp), and its modes take turns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct BenchOptions {
  std::string scenario = "throughput";
  std::optional<std::uint64_t> events;   ///< per run; nothing: the scenario's own
  std::optional<std::uint64_t> backlog;  ///< of catchup and growth
  std::vector<std::uint32_t> sizes;      ///< bytes of payload; empty: 256
  std::uint32_t runs = 5;
  std::string directory;           ///< of the journals; empty: a new one in /var/tmp
  std::vector<std::string> modes;  ///< only these; empty: all
  bool quick = false;
  bool json = false;
};

struct ScenarioInfo {
  const char* name;
  const char* summary;
};

/// All there are, in the order of the help.
const std::vector<ScenarioInfo>& bench_scenarios();

ExitCode bench(const BenchOptions& options);

}  // namespace zmesh
