// `zmesh groups`: how far every group of a publisher is.
#pragma once

#include <string>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct GroupsOptions {
  std::string endpoint;
  std::string timeout = "5s";
  bool json = false;
};

ExitCode groups(const GroupsOptions& options);

}  // namespace zmesh
