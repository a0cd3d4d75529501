// `zmesh parked`: look at a group's parking lot and repair it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/admin.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct ParkedOptions {
  std::string endpoint;
  std::string group;
  std::vector<mesh::Seq> seqs;
  std::vector<std::string> where;  ///< topic=PREFIX, reason=NAME, key=KEY
  bool all = false;
  bool dry_run = false;
  bool json = false;
  std::string rate;  ///< redrive: at most so many, "100/s"; empty: all at once
  std::string file;  ///< export: where to
  bool batches = false;
  bool force = false;
  std::string timeout = "5s";
};

/// The conditions of --where, and the seqs. Error: invalid_argument.
mesh::Result<mesh::ParkedFilter> parked_filter(const ParkedOptions& options);

ExitCode parked_list(const ParkedOptions& options);
ExitCode parked_show(const ParkedOptions& options);
ExitCode parked_redrive(const ParkedOptions& options);
ExitCode parked_discard(const ParkedOptions& options);
ExitCode parked_export(const ParkedOptions& options);

}  // namespace zmesh
