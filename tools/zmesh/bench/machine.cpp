#include <tools/zmesh/bench/machine.hpp>

#include <lmdb.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace zmesh {
namespace {

std::string bench_directory(const BenchOptions& options) {
  return options.directory.empty() ? "/var/tmp" : options.directory;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
  }
  return "unknown";
}

/// The type of the file system that holds a directory: of the longest mount point that begins its path.
std::string filesystem_of(const std::string& directory) {
  std::ifstream mounts("/proc/mounts");
  std::string found = "unknown";
  std::size_t longest = 0;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, point, type;
    words >> device >> point >> type;
    const bool holds = directory == point || directory.starts_with(point == "/" ? point : point + "/");
    if (!holds || point.size() < longest) continue;
    longest = point.size();
    found = type;
  }
  return found;
}

double memory_gib() {
  const auto pages = ::sysconf(_SC_PHYS_PAGES);
  const auto size = ::sysconf(_SC_PAGESIZE);
  return static_cast<double>(pages) * static_cast<double>(size) / (1 << 30);
}

std::string version_text(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

nlohmann::ordered_json bench_machine(const Bench& bench, const Scenario& scenario) {
  utsname system{};
  ::uname(&system);
  int zmq[3] = {};
  zmq_version(&zmq[0], &zmq[1], &zmq[2]);
  int lmdb[3] = {};
  mdb_version(&lmdb[0], &lmdb[1], &lmdb[2]);
  const auto directory = bench_directory(bench.options);
  nlohmann::ordered_json about = {{"scenario", bench.options.scenario},
                                  {"cpu", cpu_model()},
                                  {"cores", std::thread::hardware_concurrency()},
                                  {"memory_gib", std::round(memory_gib() * 10) / 10},
                                  {"kernel", system.release},
                                  {"compiler", __VERSION__},
                                  {"libzmq", version_text(zmq[0], zmq[1], zmq[2])},
                                  {"lmdb", version_text(lmdb[0], lmdb[1], lmdb[2])},
                                  {"zmesh", ZMESH_VERSION},
                                  {"directory", directory},
                                  {"filesystem", filesystem_of(directory)},
                                  {"payload_bytes", bench.sizes()},
                                  {"runs", bench.options.runs}};
  for (const auto& [name, version] : scenario.versions) about[name] = version;
  if (bench.options.events) about["events"] = *bench.options.events;
  if (bench.options.backlog) about["backlog"] = *bench.options.backlog;
  about["quick"] = bench.options.quick;
  return about;
}

}  // namespace zmesh
