#include <algorithm>
#include <chrono>
#include <cstring>
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

constexpr std::string_view ready_topic = "bench.ready";

/// Until the group has a member, or has none any more.
bool wait_for_member(const mesh::Publisher& publisher, bool there, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto list = publisher.groups();
    if (list && !list->groups.empty() && list->groups.front().members.empty() != there) return true;
    interrupt.wait(10ms);
  }
  return false;
}

/// One event that is not counted: once it is settled, the member follows the live stream.
mesh::Result<void> first_event(mesh::Publisher& publisher) {
  const auto receipt = publisher.publish(ready_topic, {});
  if (!receipt) return receipt.error();
  return publisher.wait_settled(receipt->seq(), 20s);
}

}  // namespace

void write_number(std::span<std::byte> payload, std::uint64_t number) {
  std::memcpy(payload.data(), &number, std::min(payload.size(), sizeof number));
}

void Tally::add(std::span<const std::byte> payload) {
  ++events;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof word <= payload.size(); at += sizeof word) {
    std::memcpy(&word, payload.data() + at, sizeof word);
    sum += word;
  }
  for (; at < payload.size(); ++at) sum += std::to_integer<std::uint64_t>(payload[at]);
}

bool Tally::complete(const BenchChild& child) const {
  Tally expected;
  std::vector<std::byte> payload(child.payload_bytes, std::byte{42});
  for (std::uint64_t number = 0; number < child.events; ++number) {
    write_number(payload, number);
    expected.add(payload);
  }
  return events == expected.events && sum == expected.sum;
}

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
  if (!write_out(line) || !wait_for_member(*publisher, true, interrupt)) return ExitCode::failure;
  if (const auto ready = first_event(*publisher); !ready) return report(ready.error());

  std::vector<std::byte> payload(child.payload_bytes, std::byte{42});
  mesh::EventInput event;
  event.topic = "bench.event";
  event.payload = payload;
  mesh::Seq last = 0;
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    write_number(payload, number);
    const auto receipt = publisher->publish(event);
    if (!receipt) return report(receipt.error());
    last = receipt->seq();
  }
  if (const auto flushed = publisher->flush(60s); !flushed) return report(flushed.error());
  if (const auto settled = publisher->wait_settled(last, 120s); !settled) {
    return report("not everything was acknowledged", settled.error());
  }
  const auto end = monotonic_ns();
  if (print_span(start, end) != ExitCode::ok) return ExitCode::failure;
  // A publisher that is gone first would leave its consumer without an answer to its farewell.
  if (!wait_for_member(*publisher, false, interrupt)) return ExitCode::failure;
  if (const auto committed = publisher->stats().committed; committed != child.events + 1) {
    complain("committed " + std::to_string(committed) + " events");
    return ExitCode::failure;
  }
  return ExitCode::ok;
}

ExitCode bench_mesh_consumer(const BenchChild& child) {
  Interrupt interrupt;
  mesh::ConsumerOptions options;
  options.publishers = {child.place};
  options.group = "bench";
  Tally tally;
  options.on(std::string(ready_topic), [](const mesh::Event&) {});
  options.on_any([&](const mesh::Event& event) {
    tally.add(event.payload());
    if (tally.events == child.events) interrupt.request();
  });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return report(consumer.error());
  const auto start = monotonic_ns();
  const bool ended = interrupt.wait(180s);
  const auto end = monotonic_ns();
  if (const auto closed = consumer->close(); !closed) return report(closed.error());
  if (!ended || !tally.complete(child)) {
    complain("handled " + std::to_string(tally.events) + " events, or not the ones that were published");
    return ExitCode::failure;
  }
  return print_span(start, end);
}

}  // namespace zmesh
