// What a confirmed event is compared with: a bare synced LMDB commit, nothing else.
#include <lmdb.h>

#include <string>
#include <vector>

#include <tools/zmesh/bench/pacer.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

struct BenchEnv {
  BenchEnv() { mdb_env_create(&handle); }

  ~BenchEnv() { mdb_env_close(handle); }

  BenchEnv(const BenchEnv&) = delete;
  BenchEnv& operator=(const BenchEnv&) = delete;

  /// One transaction that appends one value. Not 0: what failed.
  int commit(std::uint64_t number, std::span<std::byte> payload) {
    MDB_txn* transaction = nullptr;
    if (const int failed = mdb_txn_begin(handle, nullptr, 0, &transaction)) return failed;
    MDB_dbi table = 0;
    int failed = mdb_dbi_open(transaction, nullptr, MDB_INTEGERKEY, &table);
    MDB_val key{sizeof number, &number};
    MDB_val value{payload.size(), payload.data()};
    if (failed == 0) failed = mdb_put(transaction, table, &key, &value, MDB_APPEND);
    if (failed == 0) return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return failed;
  }

  MDB_env* handle = nullptr;
};

}  // namespace

ExitCode bench_lmdb_commits(const BenchChild& child) {
  BenchEnv env;
  mdb_env_set_mapsize(env.handle, 4ull << 30);
  int failed = mdb_env_open(env.handle, child.place.c_str(), MDB_NOTLS | MDB_NOSUBDIR, 0600);
  Workload workload(child);
  std::vector<std::uint64_t> times;
  times.reserve(child.events);
  Pacer pacer(child.rate);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events && failed == 0; ++number) {
    pacer.wait(number);
    const auto before = monotonic_ns();
    failed = env.commit(number, workload.payload(number));
    times.push_back(monotonic_ns() - before);
  }
  if (failed != 0) {
    complain(std::string("LMDB: ") + mdb_strerror(failed));
    return ExitCode::failure;
  }
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}, {"published", child.events}};
  add_percentiles(result, times);
  add_usage(result, cpu);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
