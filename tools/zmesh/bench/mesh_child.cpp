#include <chrono>
#include <vector>

#include <mesh/consumer.hpp>
#include <mesh/publisher.hpp>
#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// Until the group has its member, and that member follows the live stream.
bool wait_for_member(mesh::Publisher& publisher, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto list = publisher.groups();
    if (list && !list->groups.empty() && !list->groups.front().members.empty()) return true;
    interrupt.wait(10ms);
  }
  return false;
}

}  // namespace

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

ExitCode print_span(std::uint64_t start_ns, std::uint64_t end_ns) {
  const auto line =
      "{\"start_ns\":" + std::to_string(start_ns) + ",\"end_ns\":" + std::to_string(end_ns) + "}\n";
  return write_out(line) ? ExitCode::ok : ExitCode::failure;
}

ExitCode bench_mesh_publisher(const BenchChild& child) {
  Interrupt interrupt;
  mesh::PublisherOptions options;
  options.journal = child.place;
  options.name = "bench";
  options.durability = child.durability == "os" ? mesh::Durability::os : mesh::Durability::disk;
  auto publisher = mesh::Publisher::open(std::move(options));
  if (!publisher) return report(publisher.error());
  std::string line = "{\"endpoint\":";
  append_string(line, publisher->control_endpoint());
  line += "}\n";
  if (!write_out(line) || !wait_for_member(*publisher, interrupt)) return ExitCode::failure;

  const std::vector<std::byte> payload(child.payload_bytes, std::byte{42});
  mesh::EventInput event;
  event.topic = "bench.event";
  event.payload = payload;
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    const auto receipt = publisher->publish(event);
    if (!receipt) return report(receipt.error());
  }
  if (const auto flushed = publisher->flush(60s); !flushed) return report(flushed.error());
  if (const auto settled = publisher->wait_settled(publisher->stats().head, 120s); !settled) {
    return report("not everything was acknowledged", settled.error());
  }
  const auto end = monotonic_ns();
  if (publisher->stats().committed != child.events) {
    complain("committed " + std::to_string(publisher->stats().committed) + " events");
    return ExitCode::failure;
  }
  (void)publisher->close();
  return print_span(start, end);
}

ExitCode bench_mesh_consumer(const BenchChild& child) {
  Interrupt interrupt;
  mesh::ConsumerOptions options;
  options.publishers = {child.place};
  options.group = "bench";
  std::uint64_t handled = 0;
  std::uint64_t bytes = 0;
  options.on_any([&](const mesh::Event& event) {
    bytes += event.payload().size();
    if (++handled == child.events) interrupt.request();
  });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return report(consumer.error());
  const auto start = monotonic_ns();
  const bool ended = interrupt.wait(180s);
  const auto end = monotonic_ns();
  if (const auto closed = consumer->close(); !closed) return report(closed.error());
  if (!ended || bytes != child.events * child.payload_bytes) {
    complain("handled " + std::to_string(handled) + " events of " + std::to_string(bytes) + " bytes");
    return ExitCode::failure;
  }
  return print_span(start, end);
}

}  // namespace zmesh
