#include <chrono>
#include <vector>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/bench/stream.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t team_members = 8;
constexpr std::uint32_t team_keys = 1'000;
constexpr std::uint32_t team_work_us = 1'000;

std::optional<Sample> run_team(const Bench& bench, const BenchChild& settings) {
  const BenchScratch scratch(bench.options.directory);
  if (scratch.path().empty()) return {};
  auto child = settings;
  child.role = "mesh-team";
  child.place = scratch.path() + "/journal";
  Cast cast(bench.interrupt);
  auto& publisher = cast.start(child);
  const auto ready = cast.next(publisher, 60s);
  if (!ready) return {};
  child.role = "mesh-worker";
  child.place = ready->at("ready").get<std::string>();
  std::vector<Cast::Member*> workers;
  for (std::uint32_t member = 0; member < child.members; ++member) workers.push_back(&cast.start(child));
  const auto published = cast.next(publisher, 400s);
  if (!published) return {};
  Sample sample;
  add_memory(sample, "publisher", publisher.peak.anonymous, *published);
  Tally handled;
  double cpu = 0;
  for (auto* worker : workers) worker->process.go_on();
  for (auto* worker : workers) {
    const auto result = cast.next(*worker, 60s);
    if (!result) return {};
    handled.events += result->at("events").get<std::uint64_t>();
    handled.sum += result->at("sum").get<std::uint64_t>();
    cpu += result->at("cpu_seconds").get<double>();
    add_memory(sample, "consumer", worker->peak.anonymous, *result);
  }
  if (!cast.finish()) return {};
  if (handled != Workload(child).expected("", child.events)) {
    complain("the members handled " + std::to_string(handled.events) + " events of " +
             std::to_string(child.events) + ", or not the ones that were published");
    return {};
  }
  const auto spent =
      published->at("end_ns").get<std::uint64_t>() - published->at("start_ns").get<std::uint64_t>();
  const auto millions = static_cast<double>(child.events) / 1e6;
  const auto publisher_cpu = published->at("cpu_seconds").get<double>();
  sample["events_per_second"] = static_cast<double>(child.events) / (static_cast<double>(spent) / 1e9);
  sample["publisher_cpu_seconds_per_million"] = publisher_cpu / millions;
  sample["cpu_seconds_per_million"] = (publisher_cpu + cpu) / millions;
  return sample;
}

}  // namespace

Scenario scaling_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = {
      {"events_per_second", "EVENTS/S", 0, "of_fewest", "OF FEWEST"},
      {"publisher_cpu_seconds_per_million", "PUB CPU S/M", 3, "publisher_cpu_of_fewest", "OF FEWEST"},
      {"cpu_seconds_per_million", "CPU S/M", 3},
      {"publisher_mib", "PUB MIB", 1},
      {"consumer_mib", "CON MIB", 1}};
  scenario.note =
      "one group, 1,000 keys; OF FEWEST: of the same with one member, or two: a single one gets batches as "
      "they are";
  const auto add = [&](const std::string& name, const std::string& title, bool direct, bool at_work) {
    const std::uint32_t fewest = at_work ? 1 : 2;
    const auto base = scenario.modes.size();
    for (const auto members : {fewest, team_members}) {
      BenchChild child;
      child.payload_bytes = bench.size();
      child.keys = team_keys;
      child.members = members;
      child.direct = direct;
      child.work_us = at_work ? team_work_us : 0;
      // At work, all take equally long.
      child.events = at_work ? bench.events(16'000) / team_members * members : bench.events(1'000'000);
      scenario.modes.push_back(
          {name, title, {{"members", members}}, base, [&bench, child] { return run_team(bench, child); }});
    }
  };
  add("live", "handlers of 1 ms", false, true);
  add("direct", "handlers of 1 ms, direct delivery", true, true);
  add("direct-rate", "as fast as it goes, direct delivery", true, false);
  return scenario;
}

}  // namespace zmesh
