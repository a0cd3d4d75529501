// Members coming and going: Hello, leases, Detach.
#pragma once

#include <mesh/core/publisher/desk.hpp>
#include <mesh/core/publisher/handover.hpp>

namespace mesh::core {

class Attachment {
 public:
  Attachment(Desk& desk, Handover& handover) : desk_(desk), handover_(handover) {}

  void on_hello(const Route& route, Hello hello, Now now);
  /// The answer to a Hello whose start is a time.
  void located(ReadToAttach reason, const ReadResult& result, Now now);

  /// The session, renewed: its answers go to `route` from now on. Nothing: it is refused as unknown.
  Session* renew(const Route& route, SessionId id, std::uint64_t request, Now now);

  /// An orderly end of a session whose last report has been taken.
  void leave(Session& session, bool untouched, Now now);

  void on_time(Now now);
  std::optional<Duration> next_deadline() const;
  /// The process was stopped: silence meanwhile proves nothing.
  void shift(Duration gap);

 private:
  void admit(const Route& route, const Hello& hello, Seq floor, Now now);
  void admit_watcher(const Route& route, const Hello& hello, Seq floor, Now now);
  Group* group_for(const Route& route, const Hello& hello, Seq floor, Now now);
  bool update_group(const Route& route, const Hello& hello, Group& group, const Session* same);
  Welcome welcome(const Session& session, const Hello& hello) const;

  Desk& desk_;
  Handover& handover_;
  std::optional<Duration> lease_check_;  // no lease ends before this
};

/// What is there no longer, or not for long: a group cannot begin before its end.
Seq gone_through(const Desk& desk);
/// Where a group with this start begins; not for Start::Kind::time, which the journal has to be asked about.
Seq floor_of(const Start& start, const Desk& desk);

}  // namespace mesh::core
