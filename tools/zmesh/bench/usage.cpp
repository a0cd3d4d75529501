#include <tools/zmesh/bench/usage.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace zmesh {
namespace {

/// The kB of "Name:   123 kB".
std::uint64_t status_bytes(const std::string& line) {
  const auto colon = line.find(':');
  return colon == std::string::npos ? 0 : std::strtoull(line.c_str() + colon + 1, nullptr, 10) * 1024;
}

/// Resident pages of mapped files but journals (*.mdb).
std::uint64_t program_bytes() {
  std::ifstream maps("/proc/self/smaps");
  std::uint64_t sum = 0;
  bool counts = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(' ') < line.find(':')) {  // the first line of a mapping: "from-to rwxp ..."
      counts = line.find('/') != std::string::npos && !line.ends_with(".mdb");
    } else if (counts && line.starts_with("Rss:")) {
      sum += status_bytes(line);
    }
  }
  return sum;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Resident::raise(const Resident& other) {
  anonymous = std::max(anonymous, other.anonymous);
  file = std::max(file, other.file);
}

Resident resident(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  Resident found;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:") || line.starts_with("RssShmem:")) found.anonymous += status_bytes(line);
    if (line.starts_with("RssFile:")) found.file = status_bytes(line);
  }
  return found;
}

void add_usage(BenchJson& result, double cpu_before) {
  result["cpu_seconds"] = cpu_seconds() - cpu_before;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  result["peak_rss"] = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  result["program_rss"] = program_bytes();
}

}  // namespace zmesh
