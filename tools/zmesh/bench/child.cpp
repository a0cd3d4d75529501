#include <tools/zmesh/bench/child.hpp>

#include <sys/prctl.h>

#include <algorithm>
#include <csignal>

#include <tools/zmesh/bench/statistics.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {

BenchRoles bench_roles() {
  return {
      {"mesh-publisher", bench_mesh_publisher}, {"mesh-consumer", bench_mesh_consumer},
      {"mesh-confirm", bench_mesh_confirm},     {"mesh-catchup", bench_mesh_catchup},
      {"mesh-newcomer", bench_mesh_newcomer},   {"mesh-fill", bench_mesh_fill},
      {"mesh-idle", bench_mesh_idle},           {"mesh-members", bench_mesh_members},
      {"mesh-team", bench_mesh_team},           {"mesh-worker", bench_mesh_worker},
      {"lmdb-commits", bench_lmdb_commits},     {"zmq-publisher", bench_zmq_publisher},
      {"zmq-consumer", bench_zmq_consumer},
  };
}

ExitCode run_bench_child(const std::string& settings, const BenchRoles& roles) {
  const auto parsed = BenchJson::parse(settings, nullptr, false);
  if (!parsed.is_object()) {
    complain("bench-child wants a JSON object");
    return ExitCode::usage;
  }
  BenchChild child;
  try {
    child = parsed.get<BenchChild>();
  } catch (const BenchJson::exception& error) {
    complain(std::string("bench-child: ") + error.what());
    return ExitCode::usage;
  }
  const auto role = roles.find(child.role);
  if (role == roles.end()) {
    complain("bench-child: unknown role '" + child.role + "'");
    return ExitCode::usage;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A paced child wakes when it wants to, not up to 50 us later.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  return role->second(child);
}

bool print_object(const BenchJson& object) {
  return write_out(object.dump() + "\n");
}

Received::Received(const BenchChild& child) : timed_(child.rate > 0) {
  if (timed_) latencies_.reserve(child.events);
}

BenchJson Received::result() const {
  BenchJson result = {{"events", tally_.events}, {"sum", tally_.sum}};
  if (timed_) add_percentiles(result, latencies_);
  return result;
}

void add_percentiles(BenchJson& result, const std::vector<std::uint64_t>& times) {
  result["p50_ns"] = percentile(times, 0.5);
  result["p99_ns"] = percentile(times, 0.99);
  result["max_ns"] = times.empty() ? 0 : *std::max_element(times.begin(), times.end());
}

}  // namespace zmesh
