#include <algorithm>
#include <bit>
#include <utility>

#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/handover.hpp>
#include <mesh/core/publisher/isolation.hpp>

namespace mesh::core {
namespace {

/// A Grant that was not heard is told again at the earliest after this.
constexpr Duration grant_spacing = 100ms;

/// The last event that the session may have been given. One that does not ask for more may be on the live
/// stream. (Beyond the head is only what a power loss has taken.)
Seq given_to(const Session& session, const Desk& desk) {
  return session.fetch.open || !session.answered ? std::min(session.given, desk.head) : desk.head;
}

/// Nothing but redeliveries can be in its hands.
bool alone(const Session& session, const Desk& desk) {
  const Group& group = *session.group;
  if (group.isolation.active && group.isolation.keeper == session.id) {
    // Of what is asked back, or was brought along, a handler may still be at something from before.
    const SlotMask brought = session.brought & session.slots;
    const bool through = brought == 0 || group.ledger.floor(brought) >= session.brought_through;
    return (session.slots & ~group.isolation.slots) == 0 && session.leaving == 0 && through &&
           session.expired_through == 0;
  }
  return session.expired_through == 0 && group.ledger.floor(session.slots) >= given_to(session, desk);
}

}  // namespace

bool clamp_ledgers(std::vector<SlotLedger>& ledgers, Seq last) {
  bool cut = false;
  for (SlotLedger& ledger : ledgers) {
    cut = cut || ledger.floor > last;
    ledger.floor = std::min(ledger.floor, last);
    for (SeqRange& range : ledger.above) {
      if (range.last <= last) continue;
      range.last = last;
      cut = true;
    }
    std::erase_if(ledger.above, [](const SeqRange& range) { return range.empty(); });
  }
  return cut;
}

bool Handover::attach(Session& session, const Hello& hello, Session* same, Now now) {
  Group& group = *session.group;
  const bool other = same != nullptr && same->instance != session.instance;
  replaced(session, other ? same : nullptr, now);
  if (other) same = nullptr;
  group.unbalanced = true;
  desk_.touch(group);
  if (same != nullptr && group.isolation.keeper == same->id) group.isolation.keeper = session.id;
  if (hello.resume && resume(session, *hello.resume, same, now)) return true;
  go_on(session, same, now);
  return false;
}

// Earlier processes of this name are gone, whether they are attached or the last run's.
void Handover::replaced(Session& session, const Session* same, Now now) {
  Group& group = *session.group;
  const SlotMask reserved =
      group.value.owners.slots_of_others(session.member, session.instance) & group.reserved;
  if (same != nullptr) {
    desk_.notice(Level::warning, "member.replaced",
                 "member " + session.member + " of group " + group.name + " came back as a new instance");
    const bool lonely = alone(*same, desk_);
    const Seq through = given_to(*same, desk_);
    const SlotMask slots = group.assignment.leave(same->id);
    mirror(group);
    lost_slots(group, slots, through, lonely, true, now);
  }
  if (reserved != 0) {
    group.reserved &= ~reserved;
    lost_slots(group, reserved, desk_.head, false, false, now);
  }
}

// What a process says of slots that it still owns is true, whatever became of its session meanwhile. It goes
// on with all that it works on, or, when any of that was given to others, with nothing.
bool Handover::resume(Session& session, const Resume& resume, Session* same, Now now) {
  Group& group = *session.group;
  Owners& owners = group.value.owners;
  const SlotMask mine = owners.slots(session.member, session.instance);
  const SlotMask known = owners.slots(session.member, session.instance, resume.epoch);
  if (mine == 0 || (resume.slots & ~known) != 0 || resume.epoch > desk_.newest_epoch()) return false;
  const SlotMask lost = mine & ~group.assignment.held() & ~group.reserved;
  pardon(desk_, group, lost);
  if (same != nullptr) {
    group.assignment.replace(same->id, session.id);
  } else {
    group.assignment.join(session.id);
    group.assignment.give(session.id, mine);
  }
  group.reserved &= ~mine;
  session.epoch = std::max({owners.newest(session.member, session.instance), resume.epoch,
                            same != nullptr ? same->epoch : Epoch{0}});
  session.since = resume.epoch;
  std::vector<SlotLedger> settled = resume.settled;
  clamp_ledgers(settled, std::max(desk_.head, group.ceiling));
  for (const SlotLedger& ledger : settled) {
    if (group.ledger.settle(ledger.slots & known, ledger.floor, ledger.above))
      desk_.ledger_changed(group, now);
  }
  for (const HeldEvent& held : resume.held) unclaim_crash(desk_, group, known, held, now);
  for (const Seq seq : group.retries.flying(mine)) group.retries.find(seq)->seen = now.steady;
  session.unheard = mine & ~known;
  session.given = session.brought_through = desk_.head;  // what it brings along, at most
  session.brought = mine;
  if (same != nullptr) session.expired_through = same->expired_through;
  if (const SlotMask released = known & ~resume.slots; released != 0) {
    // Its Release was lost, or not answered.
    group.assignment.release(session.id, released);
    owners.take(released);
    put_back(group, released, now);
  }
  mirror(group);
  desk_.save_value(group);
  return true;
}

// It brings nothing that counts. The slots of its session, or those that waited for it, stay its own, told
// anew: it may be at work on them by what it knew before.
void Handover::go_on(Session& session, Session* same, Now now) {
  Group& group = *session.group;
  const SlotMask mine = group.value.owners.slots(session.member, session.instance);
  if (same != nullptr) {
    group.assignment.replace(same->id, session.id);
    // Under the same epoch: its Welcome may be on its way, and what it then says counts.
    session.epoch = same->epoch;
    session.since = same->since;
    const SlotMask slots = group.assignment.member(session.id).slots;
    if (same->fetch.id != 0 || same->given != 0) mark_delivered(group, slots, desk_.head);
    session.unheard = slots;
    session.given = same->given;
    session.brought = slots;
    session.brought_through = desk_.head;
    session.expired_through = same->expired_through;
    for (const Seq seq : group.retries.flying(slots)) group.retries.find(seq)->seen = now.steady;
    desk_.save_value(group);
  } else {
    group.assignment.join(session.id);
    session.epoch = session.since = desk_.next_epoch();
    if (const SlotMask reserved = mine & group.reserved; reserved != 0) {
      // It may still be at work on them: others get them when it has released them.
      group.reserved &= ~reserved;
      mark_delivered(group, reserved, desk_.head);
      put_back(group, reserved, now);
      give(session, reserved, now);
      session.brought = reserved;
      session.brought_through = desk_.head;
      desk_.save_value(group);
    }
  }
  mirror(group);
}

void Handover::lost_slots(Group& group, SlotMask slots, Seq through, bool alone, bool known, Now now) {
  if (slots == 0) return;
  charge_crash(desk_, group, slots, alone, now);
  mark_delivered(group, slots, desk_.head);
  isolate(desk_, group, slots, through, known);
  group.unbalanced = true;
  desk_.touch(group);
}

void Handover::mark_delivered(Group& group, SlotMask slots, Seq through) {
  if (group.value.marks.settle(slots, through, {})) desk_.save_value(group);
}

// What was sent of them is in nobody's hands.
void Handover::put_back(Group& group, SlotMask slots, Now now) {
  for (const Seq seq : group.retries.flying(slots)) {
    group.retries.wait(seq, *group.retries.find(seq), now.steady);
    desk_.save_retry(group, seq);
  }
}

void Handover::leave(Session& session, bool untouched, Now now) {
  Group& group = *session.group;
  desk_.notice(Level::info, "member.detached", "member " + session.member + " left group " + group.name);
  const SlotMask slots = group.assignment.leave(session.id);
  if (!untouched) mark_delivered(group, slots, desk_.head);
  put_back(group, slots, now);
  group.value.owners.take(slots);
  if (slots != 0) desk_.save_value(group);
  group.unbalanced = true;
  desk_.touch(group);
}

void Handover::lose(Session& session, Now now) {
  Group& group = *session.group;
  desk_.notice(
      Level::warning, "member.lost",
      "member " + session.member + " of group " + group.name + " has not been heard of for its lease");
  const bool lonely = alone(session, desk_);
  const Seq through = given_to(session, desk_);
  const SlotMask slots = group.assignment.leave(session.id);
  lost_slots(group, slots, through, lonely, true, now);
  group.unbalanced = true;
  desk_.touch(group);
}

// A late copy does not speak of what was given to the session since then.
SlotMask Handover::release(Session& session, SlotMask slots, Epoch epoch, Now now) {
  Group& group = *session.group;
  const SlotMask known = group.value.owners.slots(session.member, session.instance, epoch);
  const SlotMask freed = group.assignment.release(session.id, slots & known);
  if (freed != 0) {
    group.value.owners.take(freed);
    put_back(group, freed, now);
    desk_.save_value(group);
    mirror(group);
    group.unbalanced = true;
    desk_.touch(group);
  }
  return slots & ~session.slots;
}

void Handover::mirror(Group& group) {
  for (const Assignment::Member& member : group.assignment.members()) {
    Session* session = desk_.sessions.find(member.session);
    if (session == nullptr) continue;
    session->slots = member.slots;
    session->leaving = member.leaving;
    session->unheard &= member.slots;
  }
}

void Handover::give(Session& session, SlotMask slots, Now now) {
  Group& group = *session.group;
  group.assignment.give(session.id, slots);
  group.value.owners.give({session.epoch, session.member, session.instance, slots});
  session.unheard |= slots;
  session.acked = Duration::zero();
  for (const Seq seq : group.retries.flying(slots)) group.retries.find(seq)->seen = now.steady;
}

// Suspects go to a member that has nothing else in hand, so that what happens to it tells something of them.
void Handover::choose_keeper(Group& group, Now now) {
  Isolation& isolation = group.isolation;
  if (!isolation.active || isolation.slots == 0) return;
  const auto& members = group.assignment.members();
  const auto found = std::find_if(members.begin(), members.end(), [&](const Assignment::Member& member) {
    return member.session == isolation.keeper;
  });
  if (found != members.end()) return;
  isolation.keeper = 0;
  isolation.hurry = false;
  if (members.empty()) return;
  const auto burden = [&](const Assignment::Member& member) {
    const bool has_suspects = (member.slots & isolation.slots) != 0;
    return std::pair(std::popcount(member.slots & ~isolation.slots), has_suspects ? 0 : 1);
  };
  const auto least = std::min_element(
      members.begin(), members.end(),
      [&](const Assignment::Member& a, const Assignment::Member& b) { return burden(a) < burden(b); });
  isolation.keeper = least->session;
  isolation.patience = now.steady + group.value.policy.ack_wait + desk_.settings.lease;
}

// When two members may exchange slots to even out what they bring; not while anything else keeps slots apart.
std::optional<Duration> Handover::exchange_at(const Group& group) const {
  const bool calm = !group.value.paused && !group.isolation.active && group.reserved == 0;
  if (!calm || group.assignment.members().size() < 2) return std::nullopt;
  if (group.load.news() < desk_.settings.load_known_after) return std::nullopt;
  return group.moved + desk_.settings.lease;
}

void Handover::balance(Group& group, Now now, const Session* silent) {
  group.unbalanced = false;
  choose_keeper(group, now);
  const Isolation& isolation = group.isolation;
  Assignment::Terms terms;
  terms.paused = group.value.paused;
  terms.closed = group.reserved;
  if (isolation.active) {
    terms.apart = isolation.slots;
    terms.keeper = isolation.keeper;
    terms.hurry = isolation.hurry;
  }
  if (group.load.total() >= desk_.settings.load_known_after) terms.load = group.load.by_slot();
  if (const auto when = exchange_at(group); when && *when <= now.steady) {
    terms.exchange = true;
    group.moved = now.steady;
    group.load.forget_news();
  }
  for (const Assignment::Change& change : group.assignment.plan(terms)) {
    Session* session = desk_.sessions.find(change.session);
    if (session == nullptr) continue;
    session->epoch = desk_.next_epoch();
    if (change.give != 0) give(*session, change.give, now);
    group.assignment.ask_back(session->id, change.ask_back);
    group.assignment.promise(session->id, change.promise);
    group.moved = now.steady;
    mirror(group);
    desk_.save_value(group);
    if (session != silent) grant(*session, now);
  }
  desk_.touch(group);
}

void Handover::pump(Group& group, Now now) {
  if (group.claim_until && now.steady >= *group.claim_until) {
    group.claim_until.reset();
    const SlotMask unclaimed = std::exchange(group.reserved, 0);
    charge_crash(desk_, group, ~group.assignment.held(), false, now);
    lost_slots(group, unclaimed, desk_.head, false, false, now);
    group.unbalanced = true;
  }
  if (group.claim_until && group.reserved == 0) {
    // All have come back; what flies of others' slots belongs to nobody.
    group.claim_until.reset();
    charge_crash(desk_, group, ~group.assignment.held(), false, now);
  }
  Isolation& isolation = group.isolation;
  if (isolation.active && isolation.keeper != 0 && !isolation.hurry && now.steady >= isolation.patience) {
    isolation.hurry = group.unbalanced = true;
  }
  const auto exchange = exchange_at(group);
  if (group.unbalanced || (exchange && *exchange <= now.steady)) balance(group, now);
}

std::optional<Duration> Handover::next_deadline(const Group& group) const {
  std::optional<Duration> next = group.claim_until;
  if (const auto when = exchange_at(group)) next = std::min(next.value_or(*when), *when);
  const Isolation& isolation = group.isolation;
  if (isolation.active && isolation.keeper != 0 && !isolation.hurry) {
    next = std::min(next.value_or(isolation.patience), isolation.patience);
  }
  return next;
}

void Handover::grant(Session& session, Now now) {
  Grant grant;
  grant.session = session.id;
  grant.head = desk_.head;
  tell_slots(grant, session, session.unheard);
  session.granted = now.steady;
  desk_.send(session.route, std::move(grant));
}

void Handover::heard_epoch(Session& session, Epoch epoch, Now now) {
  if (epoch == session.epoch) {
    session.unheard = 0;
  } else if (now.steady >= session.granted + grant_spacing) {
    grant(session, now);
  }
}

}  // namespace mesh::core
