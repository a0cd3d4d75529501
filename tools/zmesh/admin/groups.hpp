// `zmesh groups`: how far every group of a publisher is; pause, resume, rewind, lease and delete one.
#pragma once

#include <optional>
#include <string>

#include <mesh/model/policy.hpp>
#include <mesh/model/time.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct GroupsOptions {
  std::string endpoint;
  std::string timeout = "5s";
  bool json = false;
};

struct GroupChangeOptions {
  std::string endpoint;
  std::string group;
  mesh::Start to;                       ///< rewind
  std::optional<mesh::Duration> lease;  ///< lease; nothing: none
  bool dry_run = false;                 ///< rewind, delete
  bool with_parked = false;             ///< delete: also when that loses parked events
  bool json = false;
  mesh::Duration patience = std::chrono::seconds(60);  ///< rewind: how long members may take to give back
  mesh::Duration timeout = std::chrono::seconds(5);
};

ExitCode groups(const GroupsOptions& options);
ExitCode pause_group(const GroupChangeOptions& options);
ExitCode resume_group(const GroupChangeOptions& options);
/// Pauses it meanwhile, unless it is paused already.
ExitCode rewind_group(const GroupChangeOptions& options);
ExitCode lease_group(const GroupChangeOptions& options);
ExitCode delete_group(const GroupChangeOptions& options);

}  // namespace zmesh
