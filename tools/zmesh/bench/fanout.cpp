#include <tools/zmesh/bench/stream.hpp>

namespace zmesh {
namespace {

constexpr int fanout_groups = 8;

}  // namespace

Scenario fanout_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = stream_metrics();
  scenario.metrics[0].name = "deliveries_per_second";
  scenario.metrics[0].heading = "DELIVERIES/S";
  for (const auto& [name, title] : {std::pair{"zmq", "one ZeroMQ message per event to 8 SUB sockets"},
                                    std::pair{"os", "zmesh, durability os, 8 groups"},
                                    std::pair{"disk", "zmesh, durability disk, 8 groups"}}) {
    auto stream = stream_of(name, bench.events(500'000), bench.size());
    const auto consumer = stream.consumers.front();
    stream.consumers.clear();
    for (int group = 0; group < fanout_groups; ++group) {
      stream.consumers.push_back(consumer);
      stream.consumers.back().group = "bench-" + std::to_string(group);
    }
    scenario.modes.push_back({name, title, {}, 0, [&bench, stream] { return run_stream(bench, stream); }});
  }
  return scenario;
}

}  // namespace zmesh
