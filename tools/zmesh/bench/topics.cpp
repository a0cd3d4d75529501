#include <tools/zmesh/bench/stream.hpp>

namespace zmesh {
namespace {

/// 100 topics under 4 prefixes, a key on every event; a group per prefix, and one that takes all.
BenchStream many_topics(const BenchStream& line) {
  auto stream = line;
  stream.publisher.topics = 100;
  stream.publisher.prefixes = 4;
  stream.publisher.keys = 10'000;
  auto consumer = stream.consumers.front();
  consumer.topics = stream.publisher.topics;
  consumer.prefixes = stream.publisher.prefixes;
  consumer.keys = stream.publisher.keys;
  stream.consumers = {consumer};
  for (std::uint32_t prefix = 0; prefix < consumer.prefixes; ++prefix) {
    stream.consumers.push_back(consumer);
    stream.consumers.back().prefix = bench_prefix(prefix, consumer.prefixes);
    stream.consumers.back().group = "bench-" + std::to_string(prefix);
  }
  return stream;
}

}  // namespace

Scenario topics_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = stream_metrics();
  scenario.metrics.front().ratio = "of_line";
  scenario.metrics.front().ratio_heading = "OF LINE";
  scenario.metrics[2].ratio.clear();
  scenario.metrics.insert(scenario.metrics.begin() + 1, {"deliveries_per_second", "DELIVERIES/S", 0});
  scenario.note =
      "a line: one topic, no key, one group; the others: 100 topics under 4 prefixes at random, keys, 5 "
      "groups";
  for (const std::string name : {"os", "disk"}) {
    const auto base = scenario.modes.size();
    const auto line = stream_of(name, bench.events(2'000'000), bench.size());
    scenario.modes.push_back({name + "-line", "one topic, one group", {}, base, [&bench, line] {
                                return run_stream(bench, line);
                              }});
    const auto many = many_topics(line);
    scenario.modes.push_back(
        {name, "4 groups of one prefix each, and one that takes all", {}, base, [&bench, many] {
           return run_stream(bench, many);
         }});
  }
  return scenario;
}

}  // namespace zmesh
