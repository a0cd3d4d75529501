// `zmesh sniff`: watch a publisher or a journal without being a group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/policy.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct SniffOptions {
  std::string endpoint;  ///< or
  std::string journal;
  std::vector<std::string> prefixes;
  std::optional<mesh::Start> from;
  std::uint64_t count = 0;  ///< 0: no limit
  std::uint64_t event_bytes_max = 64u << 20;
  bool follow = false;
  bool json = false;
  bool verbose = false;
};

ExitCode sniff_live(const SniffOptions& options);
ExitCode sniff_journal(const SniffOptions& options);

}  // namespace zmesh
