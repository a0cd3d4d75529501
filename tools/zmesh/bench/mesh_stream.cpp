// One publisher and its consumers: throughput, topics, fanout, latency and growth differ in settings only.
#include <algorithm>
#include <chrono>
#include <vector>

#include <mesh/consumer.hpp>
#include <tools/zmesh/bench/mesh_child.hpp>
#include <tools/zmesh/bench/paced_payload.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// Events without payload, which are not counted; true once they are settled.
bool publish_ready(mesh::Publisher& publisher, const Workload& workload, const Interrupt& interrupt) {
  mesh::Seq last = 0;
  for (const auto& topic : workload.ready_topics()) {
    const auto receipt = publisher.publish(topic, {});
    if (!receipt) {
      report(receipt.error());
      return false;
    }
    last = receipt->seq();
  }
  return wait_for_floors(publisher, last, interrupt);
}

/// Until the members follow the live stream: subscribed, and with an event that came by it.
bool warm_up(mesh::Publisher& publisher, const Workload& workload, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  const auto topics = workload.ready_topics().size();
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto sent = publisher.stats().sent;
    if (!publish_ready(publisher, workload, interrupt)) return false;
    if (publisher.stats().sent == sent + topics) return publish_ready(publisher, workload, interrupt);
    interrupt.wait(10ms);
  }
  if (!interrupt.requested()) complain("the members did not subscribe");
  return false;
}

mesh::Result<mesh::Seq> publish_all(mesh::Publisher& publisher, const BenchChild& child, Workload& workload) {
  mesh::EventInput event;
  mesh::Seq last = 0;
  Pacer pacer(child.rate);
  for (std::uint64_t number = 0; number < child.events; ++number) {
    event.topic = workload.topic(number);
    event.key = workload.key(number);
    event.payload = paced_payload(workload, pacer, child, number);
    const auto receipt = publisher.publish(event, 60s);
    if (!receipt) return receipt.error();
    last = receipt->seq();
  }
  return last;
}

}  // namespace

ExitCode bench_mesh_publisher(const BenchChild& child) {
  Interrupt interrupt;
  auto options = bench_publisher_options(child);
  const auto before = monotonic_ns();
  auto publisher = mesh::Publisher::open(std::move(options));
  const auto opened = monotonic_ns();
  if (!publisher) return report(publisher.error());
  if (!print_ready(*publisher) || !wait_for_members(*publisher, child.members, interrupt)) {
    return ExitCode::failure;
  }
  Workload workload(child);
  if (!warm_up(*publisher, workload, interrupt)) return ExitCode::failure;
  const auto committed_before = publisher->stats().committed;

  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  const auto last = publish_all(*publisher, child, workload);
  if (!last) return report(last.error());
  if (const auto flushed = publisher->flush(60s); !flushed) return report(flushed.error());
  const auto flushed_at = monotonic_ns();
  if (child.idle_groups > 0) {
    if (!wait_for_floors(*publisher, *last, interrupt)) return ExitCode::failure;
  } else if (const auto settled = publisher->wait_settled(*last, 300s); !settled) {
    return report("not everything was acknowledged", settled.error());
  }
  BenchJson result = {{"start_ns", start},
                      {"flushed_ns", flushed_at},
                      {"end_ns", monotonic_ns()},
                      {"open_ns", opened - before}};
  add_usage(result, cpu);
  const auto stats = publisher->stats();
  result["published"] = stats.committed - committed_before;
  result["commits"] = stats.commits;
  result["fetched"] = stats.fetched;
  // A publisher that is gone first would leave its consumers without an answer to their farewell.
  if (!print_object(result) || !wait_for_members(*publisher, 0, interrupt)) return ExitCode::failure;
  const auto closed = publisher->close();
  return closed ? ExitCode::ok : report(closed.error());
}

ExitCode bench_mesh_consumer(const BenchChild& child) {
  Interrupt interrupt;
  mesh::ConsumerOptions options;
  options.publishers = {child.place};
  options.group = child.group;
  options.start.kind = mesh::Start::Kind::latest;
  const auto expected = Workload(child).expected(child.prefix, child.events).events;
  Received received(child);
  double cpu = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  options.on(child.prefix, [&](const mesh::Event& event) {
    if (event.payload().empty()) {
      cpu = cpu_seconds();
      start = monotonic_ns();
      return;
    }
    received.add(event.payload());
    if (received.events() == expected) {
      end = monotonic_ns();
      interrupt.request();
    }
  });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return report(consumer.error());
  const bool ended = interrupt.wait(300s);
  if (const auto closed = consumer->close(); !closed) return report(closed.error());
  auto result = received.result();
  result["start_ns"] = start;
  result["end_ns"] = end;
  add_usage(result, cpu);
  const auto stats = consumer->stats();
  result["live"] = stats.total.live;
  result["fetched"] = stats.total.fetched;
  if (!print_object(result)) return ExitCode::failure;
  if (!ended) complain("handled " + std::to_string(received.events()) + " of " + std::to_string(expected));
  return ended ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
