// `zmesh publishers` and `zmesh members`: who is there.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct PublishersOptions {
  std::vector<std::string> where;  ///< none: every node of this machine
  std::string group;               ///< of members: only this one
  std::string timeout = "2s";
  bool json = false;
};

ExitCode publishers(const PublishersOptions& options);
ExitCode members(const PublishersOptions& options);

}  // namespace zmesh
