// Batches into a journal: one commit of so many, in a directory of /var/tmp.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <journal/journal.hpp>
#include <tools/bench/micro/batches.hpp>

namespace zmesh {
namespace {

/// Then the segments are dropped, so that the disk is not filled.
constexpr std::size_t kept_max = 1u << 30;

void append(benchmark::State& state) {
  std::string directory = "/var/tmp/zmesh-micro-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return state.SkipWithError("no directory");
  mesh::JournalOptions options;
  options.name = "bench";
  options.durability = state.range(0) == 0 ? mesh::Durability::os : mesh::Durability::disk;
  auto journal = mesh::open_journal(directory + "/journal", options);
  if (!journal) return state.SkipWithError(journal.error().text.c_str());
  const auto events = state.range(1);
  const std::vector<std::byte> payload(256, std::byte{42});
  mesh::BatchBuilder builder((*journal)->identity().origin);
  mesh::EventInput event;
  event.topic = "bench.event";
  event.payload = payload;
  std::vector<mesh::Batch> batches;
  mesh::Seq seq = (*journal)->next_seq();
  std::size_t kept = 0;
  for (auto _ : state) {
    state.PauseTiming();
    batches.clear();
    for (std::int64_t index = 0; index < events; ++index) {
      builder.append(seq++, 1, event);
      if (builder.body_size() >= mesh::batch_body_target || index + 1 == events)
        batches.push_back(builder.seal());
    }
    state.ResumeTiming();
    if (const auto appended = (*journal)->append(batches); !appended) {
      state.SkipWithError(appended.error().text.c_str());
      break;
    }
    for (const auto& batch : batches) kept += batch.size();
    if (kept < kept_max) continue;
    state.PauseTiming();
    if (const auto dropped = (*journal)->drop_through(seq - 1); !dropped) break;
    kept = 0;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * events);
  journal->reset();
  std::filesystem::remove_all(directory);
}

// durability (0: os, 1: disk), events of a commit
BENCHMARK(append)->ArgsProduct({{0, 1}, {1, 100, 4000}})->UseRealTime();

}  // namespace
}  // namespace zmesh
