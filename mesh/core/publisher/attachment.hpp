// Members coming and going: Hello, slots, leases, Detach.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Attachment {
 public:
  explicit Attachment(Desk& desk) : desk_(desk) {}

  void on_hello(const Route& route, Hello hello, Now now);
  /// The answer to a Hello whose start is a time.
  void located(ReadToAttach reason, const ReadResult& result, Now now);

  /// The session, renewed: its answers go to `route` from now on. Nothing: it is refused as unknown.
  Session* renew(const Route& route, SessionId id, std::uint64_t request, Now now);

  /// An orderly end of a session whose last report has been taken.
  void leave(Session& session, bool untouched, Now now);

  /// Tells a member of the slots it has been given.
  void grant(Session& session);

  void on_time(Now now);
  std::optional<Duration> next_deadline() const;
  /// The process was stopped: silence meanwhile proves nothing.
  void shift(Duration gap);

 private:
  void admit(const Route& route, const Hello& hello, Seq floor, Now now);
  void admit_watcher(const Route& route, const Hello& hello, Seq floor, Now now);
  Group* group_for(const Route& route, const Hello& hello, Seq floor, Now now);
  bool update_group(const Route& route, const Hello& hello, Group& group, const Session* same);
  bool take_slots(Session& session, const Hello& hello, const Session* same, Now now);
  void resume(Group& group, const Resume& resume, Now now);
  void give_slots(Session& session, Now now);
  void pass_on(Group& group, Now now);
  void lose(Session& session, Now now);
  void mark_delivered(Group& group, Seq through);
  Welcome welcome(const Session& session, const Hello& hello) const;

  Desk& desk_;
  std::optional<Duration> lease_check_;  // no lease ends before this
};

/// Cuts off what a member reports above the last seq that it can know of. True when something was.
bool clamp_ledger(SlotLedger& ledger, Seq last);

}  // namespace mesh::core
