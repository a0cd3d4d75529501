// One run of one publisher process and its consumer processes.
#pragma once

#include <optional>
#include <vector>

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/bench/scenario.hpp>

namespace zmesh {

struct BenchStream {
  BenchChild publisher;               ///< its `place` empty: a new journal, removed afterwards
  std::vector<BenchChild> consumers;  ///< each takes from the publisher all that its prefix says
  bool until_handled = false;         ///< it ends with the last handler, not with the last acknowledgement
};

/// Of "zmq", "os" or "disk": one publisher and one consumer of `events` events.
BenchStream stream_of(const std::string& mode, std::uint64_t events, std::uint32_t payload_bytes);

/// Runs it, and checks that what was handled is what was published. Yields events_per_second,
/// deliveries_per_second, mb_per_second, cpu_seconds_per_million (deliveries, all processes) and, in MiB,
/// publisher_mib, publisher_rss_mib, consumer_mib and consumer_rss_mib (of the largest consumer); of timed
/// events p50_us, p99_us and max_us (of the worst consumer); of the mesh open_ms. From the first publish
/// until all is acknowledged; with ZeroMQ, which has no acknowledgement, until the last is there.
std::optional<Sample> run_stream(const Bench& bench, const BenchStream& stream);

/// Metrics of run_stream that several scenarios show.
std::vector<Metric> stream_metrics();

/// What is shown of a process's memory: its own pages and its program's and libraries', without the journal's
/// pages, which the kernel can take back at any time; and all that was ever resident.
void add_memory(Sample& sample, const std::string& who, std::uint64_t anonymous, const BenchJson& result);

}  // namespace zmesh
