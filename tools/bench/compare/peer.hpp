// What the mesh is compared with: a server of somebody else's, and clients of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/bench/scenario.hpp>

namespace zmesh {

/// How a server is started.
struct ServerPlan {
  std::vector<std::string> command;  ///< program and arguments; both may begin with `env NAME=VALUE...`
  std::vector<std::pair<std::string, std::string>> files;  ///< written to its directory first: name, content
};

struct Peer {
  std::string name;          ///< as a mode: redis-everysec
  std::string title;         ///< product, durability and settings
  std::string client;        ///< of the roles CLIENT-publisher and CLIENT-consumer
  bool synced = false;       ///< an event that is acknowledged to its publisher is on the disk
  std::uint64_t events = 0;  ///< of a throughput run: about two seconds of it
  ServerPlan (*plan)(const std::string& directory, int port) = nullptr;
  std::string version_command;  ///< prints its version
};

const std::vector<Peer>& peers();

/// A port of loopback that is free now.
int free_port();

/// One run: starts the server, a consumer and a publisher, checks what was handled, stops all. Yields what
/// run_stream does (stream.hpp), as far as it is known: events_per_second, cpu_seconds_per_million,
/// memory_mib (peaks of all processes together), p50_us, p99_us and max_us. It ends when the last event was
/// acknowledged.
std::optional<Sample> run_peer(const Bench& bench, const Peer& peer, const BenchChild& settings);

// The clients. A consumer prints {"ready":true} when nothing that is published from then on escapes it.
ExitCode redis_publisher(const BenchChild& child);
ExitCode redis_consumer(const BenchChild& child);
ExitCode nats_publisher(const BenchChild& child);
ExitCode nats_consumer(const BenchChild& child);
ExitCode rabbit_publisher(const BenchChild& child);
ExitCode rabbit_consumer(const BenchChild& child);

/// "127.0.0.1:5672" taken apart.
std::pair<std::string, int> host_and_port(const std::string& place);

/// A publisher's result, when all is confirmed.
ExitCode print_published(const BenchChild& child, std::uint64_t start_ns, double cpu_before);
/// A consumer's, when all is acknowledged.
ExitCode print_received(const Received& received, std::uint64_t start_ns, double cpu_before);

}  // namespace zmesh
