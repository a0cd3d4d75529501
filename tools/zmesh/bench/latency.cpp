#include <tools/zmesh/bench/commits.hpp>
#include <tools/zmesh/bench/stream.hpp>

namespace zmesh {

Scenario latency_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = {{"p50_us", "P50 US", 1, "p50_of_zmq", "OF ZMQ"},
                      {"p99_us", "P99 US", 1, "p99_of_zmq", "OF ZMQ"},
                      {"max_us", "MAX US", 0},
                      {"cpu_seconds_per_million", "CPU S/M", 2}};
  scenario.note =
      "from just before publish() to the handler, one event each, in another process; lmdb: one synced "
      "commit at "
      "that rate";
  const std::uint64_t seconds = bench.options.quick ? 1 : 5;
  for (const std::uint64_t rate : {1000, 5000}) {
    const auto events = bench.events(rate * seconds);
    const auto base = scenario.modes.size() + 1;
    auto commits = stream_of("disk", events, bench.size()).publisher;
    commits.role = "lmdb-commits";
    commits.rate = static_cast<double>(rate);
    scenario.modes.push_back({"lmdb", "a bare synced LMDB commit", {{"rate", rate}}, base, [&bench, commits] {
                                return run_commits(bench, commits);
                              }});
    for (const auto& [name, title] :
         {std::pair{"zmq", "ZeroMQ PUB/SUB, no journal"}, std::pair{"os", "zmesh, durability os"},
          std::pair{"disk", "zmesh, durability disk"}}) {
      auto stream = stream_of(name, events, bench.size());
      stream.publisher.rate = stream.consumers.front().rate = static_cast<double>(rate);
      scenario.modes.push_back(
          {name, title, {{"rate", rate}}, base, [&bench, stream] { return run_stream(bench, stream); }});
    }
  }
  return scenario;
}

}  // namespace zmesh
