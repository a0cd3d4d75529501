// What a scenario is made of: modes that take turns, and the metrics their runs yield.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tools/zmesh/bench/bench.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

/// What one run of one mode has yielded: the metrics' names and values. One that is missing does not apply.
using Sample = std::map<std::string, double>;

struct Metric {
  std::string name;     ///< of the JSON field; its unit comes last
  std::string heading;  ///< of the column
  int digits = 0;
  std::string ratio{};          ///< JSON field of the ratio to the mode compared with; empty: none
  std::string ratio_heading{};  ///< of its column
};

struct Mode {
  std::string name;
  std::string title;
  std::vector<std::pair<std::string, std::uint64_t>> labels;  ///< what else tells modes apart: size, rate
  std::size_t base = 0;                                       ///< the mode its ratios compare with
  std::function<std::optional<Sample>()> run;                 ///< nothing: it failed, and has said why
};

struct Scenario {
  std::vector<Metric> metrics;  ///< the first one is shown with its lowest and highest
  std::vector<Mode> modes;
  std::string note;                                             ///< below the table
  std::vector<std::pair<std::string, std::string>> versions{};  ///< of what else takes part
};

/// What every scenario is given.
struct Bench {
  const BenchOptions& options;
  const Interrupt& interrupt;

  std::uint64_t events(std::uint64_t usual) const;
  std::uint64_t backlog(std::uint64_t usual) const;
  std::vector<std::uint32_t> sizes() const;

  std::uint32_t size() const { return sizes().front(); }
};

/// Prints the machine, runs all modes in turns and prints what came of it. `scenario` was made with `bench`.
ExitCode run_scenario(const Bench& bench, Scenario scenario);

Scenario throughput_scenario(const Bench& bench);
Scenario topics_scenario(const Bench& bench);
Scenario latency_scenario(const Bench& bench);
Scenario confirm_scenario(const Bench& bench);
Scenario fanout_scenario(const Bench& bench);
Scenario scaling_scenario(const Bench& bench);
Scenario catchup_scenario(const Bench& bench);
Scenario growth_scenario(const Bench& bench);
Scenario idle_scenario(const Bench& bench);

}  // namespace zmesh
