// The measured processes of `zmesh bench`: each runs in a process of its own, started by the benchmark as
// `zmesh bench-child SETTINGS`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <tools/zmesh/bench/workload.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

/// What one of them is told. Travels as a JSON object; each role uses some of it.
struct BenchChild {
  std::string role;
  std::string place;  ///< publisher: a directory for the journal; consumer: the endpoint
  std::string durability = "os";
  std::uint64_t events = 0;  ///< to publish, or to expect
  std::uint32_t payload_bytes = 256;
  std::uint32_t topics = 1;
  std::uint32_t prefixes = 1;
  std::uint32_t keys = 0;
  double rate = 0;  ///< events per second, and payloads with a time; 0: as many as go
  std::string group = "bench";
  std::string prefix;             ///< that a consumer takes; empty: all
  std::uint32_t members = 1;      ///< publisher: so many come; members: so many are made
  std::uint32_t idle_groups = 0;  ///< declared beside, that take nothing
  std::uint32_t threads = 1;
  std::uint64_t backlog = 0;  ///< events that are in the journal before the others come
  bool keep = false;          ///< a journal that is used again: nothing of it is dropped
  double seconds = 0;
  bool direct = false;        ///< worker: direct delivery
  std::uint32_t work_us = 0;  ///< worker: what handling an event takes
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(BenchChild, role, place, durability, events, payload_bytes,
                                                topics, prefixes, keys, rate, group, prefix, members,
                                                idle_groups, threads, backlog, keep, seconds, direct, work_us)

// A child prints objects, one per line: {"ready":...} when others may come, last its result, where times are
// of the machine's monotonic clock.
using BenchJson = nlohmann::json;
using BenchRole = std::function<ExitCode(const BenchChild&)>;
using BenchRoles = std::map<std::string, BenchRole>;

ExitCode bench_mesh_publisher(const BenchChild& child);
ExitCode bench_mesh_consumer(const BenchChild& child);
ExitCode bench_mesh_confirm(const BenchChild& child);
ExitCode bench_mesh_catchup(const BenchChild& child);
ExitCode bench_mesh_newcomer(const BenchChild& child);
ExitCode bench_mesh_fill(const BenchChild& child);
ExitCode bench_mesh_idle(const BenchChild& child);
ExitCode bench_mesh_members(const BenchChild& child);
ExitCode bench_mesh_team(const BenchChild& child);
ExitCode bench_mesh_worker(const BenchChild& child);
ExitCode bench_lmdb_commits(const BenchChild& child);
ExitCode bench_zmq_publisher(const BenchChild& child);
ExitCode bench_zmq_consumer(const BenchChild& child);

/// All of the above by name.
BenchRoles bench_roles();

/// Runs the role that `settings` (JSON) names. The child ends with the process that started it.
ExitCode run_bench_child(const std::string& settings, const BenchRoles& roles);

/// False: stdout is gone.
bool print_object(const BenchJson& object);

/// A consumer's account of what came: how much, whether it was right, and how late where it was timed.
class Received {
 public:
  explicit Received(const BenchChild& child);

  void add(std::span<const std::byte> payload) {
    if (!timed_) {
      tally_.add(payload);
    } else {
      latencies_.push_back(monotonic_ns() - read_time(payload));
      tally_.add_number(payload);
    }
  }

  std::uint64_t events() const { return tally_.events; }

  /// {"events","sum"} and, timed, {"p50_ns","p99_ns","max_ns"}.
  BenchJson result() const;

 private:
  bool timed_;
  Tally tally_;
  std::vector<std::uint64_t> latencies_;
};

/// {"p50_ns","p99_ns","max_ns"} into `result`.
void add_percentiles(BenchJson& result, const std::vector<std::uint64_t>& times);

}  // namespace zmesh
