// Events into batches, and back.
#include <benchmark/benchmark.h>

#include <vector>

#include <tools/bench/micro/batches.hpp>

namespace zmesh {
namespace {

void encode(benchmark::State& state) {
  const std::vector<std::byte> payload(static_cast<std::size_t>(state.range(0)), std::byte{42});
  mesh::BatchBuilder builder(micro_origin());
  mesh::EventInput event;
  event.topic = "bench.event";
  event.payload = payload;
  mesh::Seq seq = 0;
  for (auto _ : state) {
    builder.append(++seq, 1, event);
    if (builder.body_size() >= mesh::batch_body_target) benchmark::DoNotOptimize(builder.seal());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

/// The checksum is most of it: the records are not read.
void parse(benchmark::State& state) {
  const auto batch = micro_batch(1, static_cast<std::size_t>(state.range(0)), {"bench.event"});
  for (auto _ : state) benchmark::DoNotOptimize(mesh::parse_batch(batch.view().bytes));
  state.SetItemsProcessed(state.iterations() * batch.header.count);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
}

void decode(benchmark::State& state) {
  const auto batch = micro_batch(1, static_cast<std::size_t>(state.range(0)), {"bench.event"});
  std::vector<mesh::EventView> events;
  for (auto _ : state) benchmark::DoNotOptimize(mesh::decode_events(batch.view(), events));
  state.SetItemsProcessed(state.iterations() * batch.header.count);
}

BENCHMARK(encode)->Arg(64)->Arg(256)->Arg(4096);
BENCHMARK(parse)->Arg(64)->Arg(256)->Arg(4096);
BENCHMARK(decode)->Arg(64)->Arg(256)->Arg(4096);

}  // namespace
}  // namespace zmesh
