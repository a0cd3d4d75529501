// What the publisher's core does per batch and per ack.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include <mesh/core/publisher/live_router.hpp>
#include <mesh/model/ledger.hpp>
#include <tools/bench/micro/batches.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// A batch of events of so many topics, for so many prefixes (0: one that takes all).
void route(benchmark::State& state) {
  const auto prefixes = static_cast<std::size_t>(state.range(1));
  const auto topics =
      micro_topics(static_cast<std::size_t>(state.range(0)), std::max<std::size_t>(prefixes, 1));
  const auto batch = micro_batch(1, 256, topics);
  mesh::core::LiveSettings settings;
  settings.origin = micro_origin();
  mesh::core::LiveRouter router(settings);
  const mesh::Now now{1s, 1};
  if (prefixes == 0) benchmark::DoNotOptimize(router.subscribe("", true, 0, now));
  for (std::size_t prefix = 0; prefix < prefixes; ++prefix) {
    benchmark::DoNotOptimize(router.subscribe("bench." + std::to_string(prefix) + ".", true, 0, now));
  }
  std::vector<mesh::LiveMessage> messages;
  for (auto _ : state) {
    messages.clear();
    benchmark::DoNotOptimize(router.route(batch, now, messages));
  }
  state.SetItemsProcessed(state.iterations() * batch.header.count);
}

/// Acks of one member, in order: a range each.
void settle_in_order(benchmark::State& state) {
  mesh::Ledger ledger;
  mesh::Seq floor = 0;
  for (auto _ : state) benchmark::DoNotOptimize(ledger.settle(mesh::all_slots, floor += 1000, {}));
}

/// Acks of as many members as there are slots, one after the other, each with a range above the floor.
void settle_by_slots(benchmark::State& state) {
  mesh::Ledger ledger;
  mesh::Seq floor = 0;
  unsigned slot = 0;
  for (auto _ : state) {
    const std::vector<mesh::SeqRange> above = {{floor + 10, floor + 20}};
    benchmark::DoNotOptimize(ledger.settle(mesh::SlotMask{1} << slot, floor, above));
    if (++slot == 64) {
      slot = 0;
      floor += 1000;
    }
  }
}

BENCHMARK(route)->Args({1, 0})->Args({1, 1})->Args({100, 4})->Args({100'000, 4})->Args({1000, 100});
BENCHMARK(settle_in_order);
BENCHMARK(settle_by_slots);

}  // namespace
}  // namespace zmesh
