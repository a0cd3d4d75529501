#include <tools/zmesh/bench/bench.hpp>

#include <algorithm>
#include <optional>

#include <tools/zmesh/bench/bench_report.hpp>
#include <tools/zmesh/bench/machine.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

struct ScenarioEntry {
  ScenarioInfo info;
  Scenario (*make)(const Bench& bench);
};

const std::vector<ScenarioEntry>& scenario_entries() {
  static const std::vector<ScenarioEntry> entries = {
      {{"throughput", "events per second to one consumer, beside plain ZeroMQ"}, throughput_scenario},
      {{"topics", "100 topics, keys, 5 groups, beside one topic and group"}, topics_scenario},
      {{"latency", "publish() to handler at 1,000 and 5,000/s"}, latency_scenario},
      {{"confirm", "publish() until confirmed, 1 and 64 threads, beside bare LMDB"}, confirm_scenario},
      {{"fanout", "8 groups in 8 processes, beside 8 ZeroMQ subscribers"}, fanout_scenario},
      {{"scaling", "8 members of a group in 8 processes, beside one, with handlers of 1 ms"},
       scaling_scenario},
      {{"catchup", "a new group over a backlog, while publishing goes on"}, catchup_scenario},
      {{"growth", "1,000 groups, 100,000 topics, 50 million events in the journal"}, growth_scenario},
      {{"idle", "100 members without events: processor time and memory"}, idle_scenario},
  };
  return entries;
}

/// One run of a mode; nothing: it failed, or we were interrupted.
std::optional<Sample> run_mode(const Mode& mode, const Bench& bench) {
  auto sample = mode.run();
  if (!sample && !bench.interrupt.requested()) complain("the run of '" + mode_text(mode) + "' failed");
  return sample;
}

/// Only the modes that were asked for; those they compare with stay, too.
bool select_modes(Scenario& scenario, const std::vector<std::string>& names) {
  if (names.empty()) return true;
  std::vector<std::size_t> kept;
  const auto asked = [&](const Mode& mode) {
    return std::find(names.begin(), names.end(), mode.name) != names.end();
  };
  for (std::size_t index = 0; index < scenario.modes.size(); ++index) {
    if (asked(scenario.modes[index])) kept.push_back(index);
  }
  for (std::size_t index = 0, count = kept.size(); index < count; ++index) {
    for (auto base = scenario.modes[kept[index]].base;
         std::find(kept.begin(), kept.end(), base) == kept.end(); base = scenario.modes[base].base) {
      kept.push_back(base);
    }
  }
  std::sort(kept.begin(), kept.end());
  std::vector<Mode> modes;
  for (const auto index : kept) {
    modes.push_back(scenario.modes[index]);
    modes.back().base = static_cast<std::size_t>(
        std::find(kept.begin(), kept.end(), scenario.modes[index].base) - kept.begin());
  }
  scenario.modes = std::move(modes);
  return !scenario.modes.empty();
}

bool print_machine(const Bench& bench, const Scenario& scenario) {
  const auto about = bench_machine(bench, scenario);
  if (bench.options.json) return write_out(nlohmann::ordered_json{{"machine", about}}.dump() + "\n");
  std::string text;
  for (const auto& [name, value] : about.items()) {
    text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  }
  return write_out(text + "\n");
}

}  // namespace

std::uint64_t Bench::events(std::uint64_t usual) const {
  const auto events = options.events.value_or(usual);
  return options.quick ? std::min<std::uint64_t>(events, 300'000) : events;
}

std::uint64_t Bench::backlog(std::uint64_t usual) const {
  if (options.backlog) return *options.backlog;
  if (options.events) return std::min(usual, *options.events * 10);
  return options.quick ? usual / 10 : usual;
}

std::vector<std::uint32_t> Bench::sizes() const {
  return options.sizes.empty() ? std::vector<std::uint32_t>{256} : options.sizes;
}

const std::vector<ScenarioInfo>& bench_scenarios() {
  static const auto infos = [] {
    std::vector<ScenarioInfo> made;
    for (const auto& entry : scenario_entries()) made.push_back(entry.info);
    return made;
  }();
  return infos;
}

ExitCode run_scenario(const Bench& bench, Scenario scenario) {
  if (!select_modes(scenario, bench.options.modes)) {
    complain(bench.options.scenario + " has no such mode");
    return ExitCode::usage;
  }
  if (!print_machine(bench, scenario)) return report_stdout();
  std::vector<std::vector<Sample>> samples(scenario.modes.size());
  // Run 0 is not counted: the first to use a machine's memory and disk pays for it. The modes take turns, so
  // that a machine that changes its pace changes it for all alike.
  for (std::uint32_t run = 0; run <= bench.options.runs; ++run) {
    for (std::size_t mode = 0; mode < scenario.modes.size(); ++mode) {
      const auto sample = run_mode(scenario.modes[mode], bench);
      if (!sample) return bench.interrupt.requested() ? ExitCode::interrupted : ExitCode::failure;
      const auto& metric = scenario.metrics.front();
      say((run == 0 ? "warming up" : "run " + std::to_string(run)) + ", " + mode_text(scenario.modes[mode]) +
          ": " + number_text(sample->at(metric.name), metric.digits) + " " + metric.heading);
      if (run > 0) samples[mode].push_back(*sample);
    }
  }
  const auto out = bench.options.json ? bench_json(bench.options.scenario, scenario, samples)
                                      : bench_table(scenario, samples);
  return write_out(out) ? ExitCode::ok : report_stdout();
}

ExitCode bench(const BenchOptions& asked) {
  const Interrupt interrupt;
  auto options = asked;
  if (options.quick) options.runs = std::min(options.runs, 3U);
  const Bench context{options, interrupt};
  const auto entry = std::find_if(scenario_entries().begin(), scenario_entries().end(),
                                  [&](const auto& one) { return options.scenario == one.info.name; });
  return run_scenario(context, entry->make(context));
}

}  // namespace zmesh
