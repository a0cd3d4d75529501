#include <chrono>
#include <vector>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/bench/stream.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t idle_processes = 10;
constexpr std::uint32_t idle_members = 10;  ///< of each process, and one group

double core_share(const BenchJson& result) {
  const auto spent = result.at("end_ns").get<std::uint64_t>() - result.at("start_ns").get<std::uint64_t>();
  return 100 * result.at("cpu_seconds").get<double>() / (static_cast<double>(spent) / 1e9);
}

std::optional<Sample> run_idle(const Bench& bench, double seconds) {
  const BenchScratch scratch(bench.options.directory);
  if (scratch.path().empty()) return {};
  BenchChild child;
  child.role = "mesh-idle";
  child.place = scratch.path() + "/journal";
  child.members = idle_processes * idle_members;
  child.seconds = seconds;
  Cast cast(bench.interrupt);
  auto& publisher = cast.start(child);
  const auto ready = cast.next(publisher, 60s);
  if (!ready) return {};
  std::vector<Cast::Member*> processes;
  child.role = "mesh-members";
  child.place = ready->at("ready").get<std::string>();
  child.members = idle_members;
  for (std::uint32_t process = 0; process < idle_processes; ++process) {
    child.group = "bench-" + std::to_string(process);
    processes.push_back(&cast.start(child));
  }
  if (!cast.next(publisher, 120s)) return {};
  for (auto* process : processes) process->process.go_on();
  const auto idled = cast.next(publisher, 120s);
  if (!idled) return {};
  Sample sample = {{"publisher_cpu_percent", core_share(*idled)}};
  add_memory(sample, "publisher", publisher.peak.anonymous, *idled);
  for (auto* process : processes) process->process.go_on();
  for (auto* process : processes) {
    const auto left = cast.next(*process, 60s);
    if (!left) return {};
    sample["members_cpu_percent"] += core_share(*left);
    add_memory(sample, "members", process->peak.anonymous, *left);
  }
  if (!cast.finish()) return {};
  return sample;
}

}  // namespace

Scenario idle_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = {{"publisher_cpu_percent", "PUB CPU %", 2},
                      {"members_cpu_percent", "MEMBERS CPU %", 2},
                      {"publisher_mib", "PUB MIB", 1},
                      {"publisher_rss_mib", "PUB RSS", 0},
                      {"members_mib", "10 MEMBERS MIB", 1}};
  scenario.note = "percent of one core: the publisher's, and that of all 100 members together";
  const double seconds = bench.options.quick || bench.options.events ? 0.5 : 10;
  scenario.modes.push_back(
      {"os", "100 members in 10 groups and processes, no event", {}, 0, [&bench, seconds] {
         return run_idle(bench, seconds);
       }});
  return scenario;
}

}  // namespace zmesh
