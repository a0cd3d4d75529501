// Operators' commands on whole groups: pause, resume, rewind, remove, lease.
//
// What somebody is at work on is never pulled away: a pause asks all slots back, and what comes in meanwhile
// counts; only when nobody has a slot any more can the floor be moved, and only a group without members can
// be removed.
#pragma once

#include <mesh/core/publisher/group_lease.hpp>

namespace mesh::core {

class Commanding {
 public:
  Commanding(Desk& desk, Leasing& leasing) : desk_(desk), leasing_(leasing) {}

  void on_command(const Route& route, const GroupCommand& command, Now now);
  /// The seq of a rewind to a time has been found.
  void located(const ReadToRewind& reason, const ReadResult& result, Now now);

 private:
  void pause(const Route& route, const GroupCommand& command, Group& group);
  void rewind(const Route& route, const GroupCommand& command, Group& group, Seq floor, Now now);
  void remove(const Route& route, const GroupCommand& command, Group& group, Now now);
  void lease(const Route& route, const GroupCommand& command, Group& group, Now now);
  void move(Group& group, Ledger ledger, const std::vector<Seq>& dropped, Now now);
  void refuse(const Route& route, const GroupCommand& command, Errc code, std::string text);

  Desk& desk_;
  Leasing& leasing_;
};

}  // namespace mesh::core
