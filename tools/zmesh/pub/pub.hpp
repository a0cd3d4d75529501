// `zmesh pub`: a publisher fed with JSON Lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct PubOptions {
  std::string journal;
  std::string name;
  std::string events;
  std::string control = "tcp://127.0.0.1:*";
  std::string durability = "disk";
  std::string topic;
  std::optional<std::string> key;
  std::string file = "-";
  std::vector<std::string> groups;  ///< NAME or NAME=PREFIX,PREFIX
  std::uint64_t event_bytes_max = 1 << 20;
  std::uint64_t journal_bytes_max = 8ull << 30;
  std::uint64_t segment_bytes = 256ull << 20;
  bool confirm = false;
  bool stay = false;
  bool no_drain = false;
  bool strict = false;
  bool insecure = false;
  bool json = false;
  bool verbose = false;
};

ExitCode pub(const PubOptions& options);

}  // namespace zmesh
