// Slots changing hands: who is given which, who is asked for some back, and what it means for events that may
// be in somebody's hands.
//
// A slot is given only when nobody can be at work on it: its last owner released it, detached, was replaced
// by a new process of its name, or was silent for its lease. After a restart of the publisher the owners of
// the last run keep their slots for a lease, whoever else comes first.
#pragma once

#include <mesh/core/publisher/desk.hpp>
#include <mesh/core/publisher/key_order.hpp>

namespace mesh::core {

class Handover {
 public:
  explicit Handover(Desk& desk) : desk_(desk) {}

  /// A member attaches; `same` is the session that its name has now, if any, which this one replaces. True:
  /// all that its Resume claims is still its own.
  bool attach(Session& session, const Hello& hello, Session* same, Now now);
  /// An orderly end: nothing is in hand any more. untouched = false: it may have been handled half-way.
  void leave(Session& session, bool untouched, Now now);
  /// Its lease ran out.
  void lose(Session& session, Now now);
  /// Answers a Release whose report has been taken; gives those that are the session's no longer.
  SlotMask release(Session& session, SlotMask slots, Epoch epoch, Now now);

  /// Brings the shares in order and tells the members, but not `silent`, whose Welcome will tell it.
  void balance(Group& group, Now now, const Session* silent = nullptr);
  /// What is due of a group.
  void pump(Group& group, Now now);
  std::optional<Duration> next_deadline(const Group& group) const;

  /// Tells a member what it has.
  void grant(Session& session, Now now);
  /// The member has said that it knows this epoch only. Tells it again, not too often.
  void heard_epoch(Session& session, Epoch epoch, Now now);

 private:
  bool resume(Session& session, const Resume& resume, Session* same, Now now);
  void go_on(Session& session, Session* same, Now now);
  void replaced(Session& session, const Session* same, Now now);
  void lost_slots(Group& group, SlotMask slots, Seq through, bool alone, bool known, Now now);
  void mark_delivered(Group& group, SlotMask slots, Seq through);
  void give(Session& session, SlotMask slots, Now now);
  void put_back(Group& group, SlotMask slots, Now now);
  void mirror(Group& group);
  void choose_keeper(Group& group, Now now);
  std::optional<Duration> exchange_at(const Group& group) const;

  Desk& desk_;
};

/// Fills in what a Welcome and a Grant have in common. `told`: slots whose blocked keys it shall tell.
template <class Message>
void tell_slots(Message& out, const Session& session, SlotMask told) {
  const Group& group = *session.group;
  out.epoch = session.epoch;
  out.slots = session.slots;
  out.release = session.leaving;
  const SlotMask news = session.unheard;
  out.blocked = blocked_keys(group, told);
  if (news == 0) return;
  out.position = position(group, news);
  out.settled = group.ledger.view(news);
  out.redelivered_through = group.value.marks.highest_floor(news);
}

/// Cuts off what a member reports above the last seq that it can know of. True when something was.
bool clamp_ledgers(std::vector<SlotLedger>& ledgers, Seq last);

}  // namespace mesh::core
