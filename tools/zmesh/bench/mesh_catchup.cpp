// A publisher with a backlog that goes on publishing while a new group takes all of it.
#include <atomic>
#include <thread>
#include <vector>

#include <mesh/consumer.hpp>
#include <tools/zmesh/bench/mesh_child.hpp>
#include <tools/zmesh/bench/pacer.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr double probe_rate = 1000;

/// Publishes `count` events of the workload from `first` on, and waits until all are committed.
mesh::Result<void> fill_journal(mesh::Publisher& publisher, Workload& workload, std::uint64_t first,
                                std::uint64_t count) {
  for (auto number = first; number < first + count; ++number) {
    const auto receipt = publisher.publish(workload.topic(number), workload.payload(number), 60s);
    if (!receipt) return receipt.error();
  }
  return publisher.flush(60s);
}

/// Publishes events `first`, `first` + 1, ... at the child's rate until told to stop; returns the next
/// number.
std::uint64_t publish_steadily(mesh::Publisher& publisher, const BenchChild& child, std::uint64_t first,
                               const std::stop_token& stop) {
  Workload workload(child);
  Pacer pacer(child.rate);
  std::uint64_t number = first;
  for (; !stop.stop_requested(); ++number) {
    pacer.wait(number - first);
    if (!publisher.publish(workload.topic(number), workload.payload(number), 60s)) break;
  }
  return number;
}

/// Waits for single events without payload that it publishes at a steady pace, until `over`.
template <class Over>
std::vector<std::uint64_t> probe(mesh::Publisher& publisher, Over over) {
  std::vector<std::uint64_t> times;
  Pacer pacer(probe_rate);
  for (std::uint64_t number = 0; !over(); ++number) {
    pacer.wait(number);
    const auto before = monotonic_ns();
    const auto receipt = publisher.publish("bench.probe", {});
    if (!receipt || !receipt->wait(60s)) break;
    times.push_back(monotonic_ns() - before);
  }
  return times;
}

}  // namespace

ExitCode bench_mesh_fill(const BenchChild& child) {
  auto publisher = mesh::Publisher::open(bench_publisher_options(child));
  if (!publisher) return report(publisher.error());
  Workload workload(child);
  if (const auto filled = fill_journal(*publisher, workload, 0, child.events); !filled) {
    return report(filled.error());
  }
  if (const auto closed = publisher->close(60s); !closed) return report(closed.error());
  return print_object({{"published", child.events}}) ? ExitCode::ok : ExitCode::failure;
}

ExitCode bench_mesh_catchup(const BenchChild& child) {
  Interrupt interrupt;
  auto publisher = mesh::Publisher::open(bench_publisher_options(child));
  if (!publisher) return report(publisher.error());
  Workload workload(child);
  if (const auto filled = fill_journal(*publisher, workload, 0, child.backlog); !filled) {
    return report(filled.error());
  }
  std::uint64_t next = child.backlog;
  std::jthread load(
      [&](const std::stop_token& stop) { next = publish_steadily(*publisher, child, next, stop); });
  const auto quiet_until = monotonic_ns() + static_cast<std::uint64_t>(child.seconds * 1e9);
  BenchJson quiet;
  add_percentiles(quiet, probe(*publisher, [&] { return monotonic_ns() >= quiet_until; }));

  const auto cpu = cpu_seconds();
  if (!print_ready(*publisher)) return ExitCode::failure;
  const auto busy = probe(*publisher, [&] { return is_told_to_go_on() || interrupt.requested(); });
  BenchJson result;
  add_usage(result, cpu);
  add_percentiles(result, busy);
  result["quiet_p50_ns"] = quiet.at("p50_ns");
  result["quiet_p99_ns"] = quiet.at("p99_ns");
  load.request_stop();
  load.join();
  if (const auto flushed = publisher->flush(60s); !flushed) return report(flushed.error());
  const auto head = publisher->stats().head;
  if (const auto settled = publisher->wait_settled(head, 60s); !settled) {
    return report("not everything was acknowledged", settled.error());
  }
  result["published"] = next;
  return print_object(result) && wait_for_members(*publisher, 0, interrupt) ? ExitCode::ok
                                                                            : ExitCode::failure;
}

ExitCode bench_mesh_newcomer(const BenchChild& child) {
  Interrupt interrupt;
  mesh::ConsumerOptions options;
  options.publishers = {child.place};
  options.group = child.group;
  Received received(child);
  std::atomic<std::uint64_t> handled = 0;
  options.on("bench.", [&](const mesh::Event& event) {
    if (event.payload().empty()) return;
    received.add(event.payload());
    handled.store(received.events(), std::memory_order_relaxed);
  });
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return report(consumer.error());
  if (const auto caught_up = consumer->wait_caught_up(300s); !caught_up) return report(caught_up.error());
  const auto end = monotonic_ns();
  BenchJson result = {{"start_ns", start}, {"end_ns", end}, {"handled", handled.load()}};
  add_usage(result, cpu);
  if (!print_object(result) || !wait_to_go_on(interrupt)) return ExitCode::failure;
  if (const auto closed = consumer->close(); !closed) return report(closed.error());
  return print_object(received.result()) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
