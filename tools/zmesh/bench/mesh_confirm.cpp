// Threads that publish an event and wait until it is confirmed, each one after the other.
#include <thread>
#include <vector>

#include <tools/zmesh/bench/mesh_child.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// Times of `count` confirmed events; fewer: one failed, and was complained of.
std::vector<std::uint64_t> confirm_events(mesh::Publisher& publisher, const BenchChild& child,
                                          std::uint64_t count) {
  Workload workload(child);
  std::vector<std::uint64_t> times;
  times.reserve(count);
  for (std::uint64_t number = 0; number < count; ++number) {
    const auto payload = workload.payload(number);
    const auto before = monotonic_ns();
    const auto receipt = publisher.publish(workload.topic(number), payload);
    const auto confirmed = receipt ? receipt->wait(60s) : mesh::Result<mesh::Seq>(receipt.error());
    if (!confirmed) {
      complain("an event was not confirmed: " + confirmed.error().text);
      break;
    }
    times.push_back(monotonic_ns() - before);
  }
  return times;
}

}  // namespace

ExitCode bench_mesh_confirm(const BenchChild& child) {
  auto publisher = mesh::Publisher::open(bench_publisher_options(child));
  if (!publisher) return report(publisher.error());
  if (const auto warm = confirm_events(*publisher, child, 1); warm.empty()) return ExitCode::failure;
  std::vector<std::vector<std::uint64_t>> times(child.threads);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  {
    std::vector<std::jthread> threads;
    for (auto& own : times) {
      threads.emplace_back([&] { own = confirm_events(*publisher, child, child.events / child.threads); });
    }
  }
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}};
  add_usage(result, cpu);
  std::vector<std::uint64_t> all;
  for (const auto& own : times) all.insert(all.end(), own.begin(), own.end());
  add_percentiles(result, all);
  result["published"] = all.size();
  if (!print_object(result)) return ExitCode::failure;
  return all.size() == child.events / child.threads * child.threads ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
