#include <tools/zmesh/bench/commits.hpp>

namespace zmesh {

Scenario confirm_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = {{"p50_us", "P50 US", 1, "p50_ratio", "OF BASE"},
                      {"p99_us", "P99 US", 1},
                      {"max_us", "MAX US", 0},
                      {"events_per_second", "EVENTS/S", 0, "rate_ratio", "OF BASE"},
                      {"cpu_seconds_per_million", "CPU S/M", 2}};
  scenario.note = "publish() and wait for the receipt; OF BASE: one thread of bare LMDB, 64 threads of one";
  const auto add = [&](const std::string& name, const std::string& title, std::uint32_t threads,
                       std::size_t base, std::uint64_t usual) {
    BenchChild child;
    child.role = name == "lmdb" ? "lmdb-commits" : "mesh-confirm";
    child.durability = name == "os" ? "os" : "disk";
    child.payload_bytes = bench.size();
    child.threads = threads;
    child.events = bench.events(usual);
    scenario.modes.push_back(
        {name, title, {{"threads", threads}}, base, [&bench, child] { return run_commits(bench, child); }});
  };
  add("lmdb", "a bare synced LMDB commit per event", 1, 0, 4'000);
  add("disk", "zmesh, durability disk", 1, 0, 4'000);
  add("disk", "zmesh, durability disk", 64, 1, 128'000);
  add("os", "zmesh, durability os", 1, 0, 40'000);
  add("os", "zmesh, durability os", 64, 3, 256'000);
  return scenario;
}

}  // namespace zmesh
