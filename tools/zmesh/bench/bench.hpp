// `zmesh bench`: how fast one publisher process reaches one consumer process.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct BenchOptions {
  std::uint64_t events = 2'000'000;
  std::uint32_t payload_bytes = 256;
  std::uint32_t runs = 5;
  std::string directory;  ///< of the journals; empty: a new one in /var/tmp
  bool quick = false;
  bool json = false;
};

ExitCode bench(const BenchOptions& options);

}  // namespace zmesh
