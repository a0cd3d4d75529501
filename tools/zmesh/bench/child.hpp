// The measured processes of `zmesh bench`: each runs in a process of its own, started by the benchmark.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct BenchChild {
  std::string role;   ///< mesh-publisher, mesh-consumer, zmq-publisher or zmq-consumer
  std::string place;  ///< publisher: a directory for journal and sockets; consumer: the endpoint
  std::string durability = "os";
  std::uint64_t events = 0;
  std::uint32_t payload_bytes = 256;
};

// A publisher prints {"endpoint":"..."} once it is bound, waits for its consumer, then measures. Each child
// ends with {"start_ns":N,"end_ns":N} of the machine's monotonic clock: a publisher's start is before its
// first publish; mesh-publisher's end is when everything was acknowledged, zmq-consumer's when the last
// event was there.
ExitCode bench_mesh_publisher(const BenchChild& child);
ExitCode bench_mesh_consumer(const BenchChild& child);
ExitCode bench_zmq_publisher(const BenchChild& child);
ExitCode bench_zmq_consumer(const BenchChild& child);

/// Makes each payload another one.
void write_number(std::span<std::byte> payload, std::uint64_t number);

/// What every consumer does with a payload: it reads all of it.
struct Tally {
  std::uint64_t events = 0;
  std::uint64_t sum = 0;

  void add(std::span<const std::byte> payload);
  /// Exactly the payloads that the publisher made.
  bool complete(const BenchChild& child) const;
};

std::uint64_t monotonic_ns();
/// Prints {"start_ns":..., "end_ns":...}.
ExitCode print_span(std::uint64_t start_ns, std::uint64_t end_ns);

}  // namespace zmesh
