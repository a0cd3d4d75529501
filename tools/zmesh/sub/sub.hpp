// `zmesh sub`: a member of a group that prints its events, or hands each to a command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/consumer.hpp>
#include <mesh/model/policy.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct SubOptions {
  std::vector<std::string> from;
  std::string group;
  std::string member;
  std::vector<std::string> prefixes;
  std::string exec;
  std::uint64_t count = 0;  ///< 0: no limit
  std::optional<mesh::Duration> idle;
  mesh::RetryPolicy retry;
  mesh::Start start;
  unsigned concurrency = 1;
  std::uint64_t event_bytes_max = 1 << 20;
  mesh::DeliveryPath delivery = mesh::DeliveryPath::live;
  bool verbose = false;
};

ExitCode sub(const SubOptions& options);

}  // namespace zmesh
