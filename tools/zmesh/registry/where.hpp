// A publisher as it is named on the command line: EP, @NAME or DIR.
#pragma once

#include <string>

#include <mesh/admin.hpp>

namespace zmesh {

struct Where {
  std::string endpoint;  ///< control endpoint; empty: not known
  std::string journal;   ///< directory; empty: not known
  std::int64_t pid = 0;  ///< 0: not known
};

/// "tcp://..." is an endpoint, "@bookings" a node of this machine, anything else the directory of a journal.
/// What the registry knows besides is added. Error: unreachable (no such node).
mesh::Result<Where> find_where(const std::string& text);

/// The publisher of that name, connected. Errors: as find_where and Admin::connect.
mesh::Result<mesh::Admin> connect_admin(const std::string& text, mesh::Duration timeout);

}  // namespace zmesh
