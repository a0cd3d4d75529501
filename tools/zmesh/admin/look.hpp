// Publishers as they are just now, seen from outside: for publishers, members, check, doctor and top.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/admin.hpp>

namespace zmesh {

struct PublisherLook {
  std::string endpoint;
  std::string name;     ///< its own, or the registry's while it does not answer
  std::string journal;  ///< where the registry says; empty: not known
  std::int64_t pid = 0;
  std::optional<mesh::Info> info;  ///< nothing: it did not answer; see error
  std::vector<mesh::GroupStatus> groups;
  mesh::Duration answered{0};     ///< how long the answers took
  mesh::Duration clock_ahead{0};  ///< its clock's lead over ours; negative: it is behind; 0: none to be seen
  std::optional<mesh::Error> error;

  bool answers() const { return info.has_value(); }
};

/// Keeps its connection from one look to the next.
class PublisherProbe {
 public:
  PublisherProbe(std::string endpoint, std::string name, std::string journal, std::int64_t pid);

  PublisherLook look(mesh::Duration timeout);

  const std::string& endpoint() const { return known_.endpoint; }

 private:
  PublisherLook known_;
  std::optional<mesh::Admin> admin_;
};

/// Of endpoints and @NAMEs; none: every node of this machine. Error: unreachable (a node that is not there).
mesh::Result<std::vector<PublisherProbe>> make_probes(const std::vector<std::string>& where);

/// How far a clock is ahead (or, negative, behind) that was read between two readings of ours; 0 when it may
/// be the same. A clock that reads 0 does not tell.
mesh::Duration clock_lead(mesh::WallTime theirs, mesh::WallTime asked, mesh::WallTime answered);

/// All at once, so that one that does not answer delays no other.
std::vector<PublisherLook> look_at(std::vector<PublisherProbe>& probes, mesh::Duration timeout);

}  // namespace zmesh
