// What a process has cost: processor time and memory, from the kernel's books.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include <tools/zmesh/bench/child.hpp>

namespace zmesh {

/// User and system time of this process so far.
double cpu_seconds();

/// Resident pages of a process: its own, and those of files (program, libraries, mapped journal).
struct Resident {
  std::uint64_t anonymous = 0;
  std::uint64_t file = 0;

  /// Keeps the higher of both, each for itself.
  void raise(const Resident& other);
};

/// Zeros: there is no such process any more.
Resident resident(pid_t process);

/// Adds {"cpu_seconds"} since `cpu_before`, {"peak_rss"} and {"program_rss"} (resident file pages of this
/// process that are not a journal's) to a child's result.
void add_usage(BenchJson& result, double cpu_before);

}  // namespace zmesh
