#include <tools/zmesh/bench/stream.hpp>

namespace zmesh {

Scenario throughput_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = stream_metrics();
  for (const auto size : bench.sizes()) {
    const auto base = scenario.modes.size();
    for (const auto& [name, title] :
         {std::pair{"zmq", "one ZeroMQ PUB/SUB message per event, no journal"},
          std::pair{"os", "zmesh, durability os, every event acknowledged"},
          std::pair{"disk", "zmesh, durability disk, every event acknowledged"}}) {
      const auto stream = stream_of(name, bench.events(2'000'000), size);
      scenario.modes.push_back({name, title, {{"payload_bytes", size}}, base, [&bench, stream] {
                                  return run_stream(bench, stream);
                                }});
    }
  }
  return scenario;
}

}  // namespace zmesh
