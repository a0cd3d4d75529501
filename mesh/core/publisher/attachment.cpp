#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/isolation.hpp>
#include <mesh/core/publisher/prefix_change.hpp>

namespace mesh::core {
namespace {

Result<void> check_hello(const Hello& hello) {
  if (!hello.group.empty() && !valid_name(hello.group)) {
    return invalid("not a group's name: 1 to 100 letters, digits or . _ - : @ /");
  }
  if (!valid_name(hello.member)) {
    return invalid("not a member's name: 1 to 100 letters, digits or . _ - : @ /");
  }
  if (hello.prefixes.size() > prefixes_max) return fail(Errc::limit_reached, "more than 1024 prefixes");
  for (const std::string& prefix : hello.prefixes) {
    if (auto checked = check_prefix(prefix); !checked) return checked.error();
  }
  if (hello.start.kind < Start::Kind::earliest || hello.start.kind > Start::Kind::time) {
    return invalid("not a start: earliest, latest, a seq or a time");
  }
  return check_policy(hello.policy);
}

/// What is there no longer, or not for long: a new group begins behind it.
Seq gone_through(const Desk& desk) {
  return std::min(std::max(desk.dropped_through, desk.dropping_through), desk.head);
}

Seq floor_of(const Start& start, const Desk& desk) {
  switch (start.kind) {
    case Start::Kind::earliest:
      return gone_through(desk);
    case Start::Kind::latest:
      return desk.head;
    case Start::Kind::seq:
      return std::clamp(start.seq == 0 ? Seq{0} : start.seq - 1, gone_through(desk), desk.head);
    case Start::Kind::time:
      break;
  }
  return desk.head;
}

/// The last event that the session may have been given. One that does not ask for more may be on the live
/// stream.
Seq given_to(const Session& session, const Desk& desk) {
  return session.fetch.open || !session.answered ? session.given : desk.head;
}

/// Nothing but redeliveries can be in its hands.
bool alone(const Session& session, const Desk& desk) {
  const Group& group = *session.group;
  return group.isolation.active || group.ledger.floor() >= given_to(session, desk);
}

}  // namespace

bool clamp_ledger(SlotLedger& ledger, Seq last) {
  bool cut = ledger.floor > last;
  ledger.floor = std::min(ledger.floor, last);
  for (SeqRange& range : ledger.above) {
    if (range.last <= last) continue;
    range.last = last;
    cut = true;
  }
  std::erase_if(ledger.above, [](const SeqRange& range) { return range.empty(); });
  return cut;
}

void Attachment::on_hello(const Route& route, Hello hello, Now now) {
  if (auto checked = check_hello(hello); !checked) {
    return desk_.refuse(route, hello.id, 0, checked.error().code, checked.error().text);
  }
  hello.prefixes = normal_prefixes(std::move(hello.prefixes));
  const bool exists = !hello.group.empty() && desk_.find_group(hello.group) != nullptr;
  if (exists || hello.start.kind != Start::Kind::time) {
    return admit(route, hello, floor_of(hello.start, desk_), now);
  }
  if (desk_.busy(route, hello.id)) return;
  ReadJob job;
  job.kind = ReadJob::Kind::locate;
  job.when = hello.start.time;
  desk_.ask(std::move(job), ReadToAttach{route, std::move(hello)});
}

void Attachment::located(ReadToAttach reason, const ReadResult& result, Now now) {
  if (result.error) {
    return desk_.refuse(reason.route, reason.hello.id, 0, result.error->code,
                        "cannot find the start in the journal: " + result.error->text);
  }
  const Seq floor = std::clamp(result.located, gone_through(desk_), desk_.head);
  admit(reason.route, reason.hello, floor, now);
}

void Attachment::admit(const Route& route, const Hello& hello, Seq floor, Now now) {
  if (hello.group.empty()) return admit_watcher(route, hello, floor, now);
  Group* group = group_for(route, hello, floor, now);
  if (group == nullptr) return;
  Session* same = desk_.sessions.find_member(group, hello.member);
  if (same == nullptr && desk_.sessions.size() >= desk_.settings.sessions_max) {
    return desk_.refuse(route, hello.id, 0, Errc::limit_reached, "the publisher has its maximum of sessions");
  }
  if (!update_group(route, hello, *group, same)) return;

  Session& session = desk_.sessions.open(route, now.steady);
  session.group = group;
  session.member = hello.member;
  session.instance = hello.instance;
  if (same != nullptr) {
    group->assignment.replace(same->id, session.id);
  } else {
    group->assignment.join(session.id);
  }
  bool resumed = false;
  if (group->assignment.owner() == session.id) resumed = take_slots(session, hello, same, now);
  if (same == nullptr || same->instance != hello.instance) {
    desk_.notice(Level::info, "member.attached",
                 "member " + hello.member + " attached to group " + group->name);
  }
  if (same != nullptr) desk_.sessions.close(same->id);
  if (!lease_check_) lease_check_ = now.steady + desk_.settings.lease;
  desk_.touch(*group);
  Welcome answer = welcome(session, hello);
  answer.resumed = resumed;
  desk_.send(route, std::move(answer));
}

void Attachment::admit_watcher(const Route& route, const Hello& hello, Seq floor, Now now) {
  if (Session* same = desk_.sessions.find_member(nullptr, hello.member);
      same != nullptr && same->instance == hello.instance) {
    desk_.sessions.close(same->id);
  }
  if (desk_.sessions.size() >= desk_.settings.sessions_max) {
    return desk_.refuse(route, hello.id, 0, Errc::limit_reached, "the publisher has its maximum of sessions");
  }
  Session& session = desk_.sessions.open(route, now.steady);
  session.member = hello.member;
  session.instance = hello.instance;
  session.prefixes = hello.prefixes;
  if (!lease_check_) lease_check_ = now.steady + desk_.settings.lease;
  Welcome answer = welcome(session, hello);
  answer.position = floor;
  desk_.send(route, std::move(answer));
}

Group* Attachment::group_for(const Route& route, const Hello& hello, Seq floor, Now now) {
  if (Group* group = desk_.find_group(hello.group)) return group;
  if (desk_.groups.size() >= desk_.settings.groups_max) {
    desk_.refuse(route, hello.id, 0, Errc::limit_reached, "the publisher has its maximum of groups");
    return nullptr;
  }
  GroupValue value;
  value.prefixes = hello.prefixes;
  value.policy = hello.policy;
  value.created_at = now.wall;
  Group& group = desk_.add_group(hello.group, std::move(value), Ledger(floor));
  group.ledger_dirty = true;
  desk_.save_value(group);
  desk_.notice(Level::info, "group.created",
               "group " + group.name + " begins after seq " + std::to_string(floor));
  return &group;
}

bool Attachment::update_group(const Route& route, const Hello& hello, Group& group, const Session* same) {
  if (group.value.prefixes != hello.prefixes) {
    const auto& sessions = group.assignment.sessions();
    const bool others = std::any_of(sessions.begin(), sessions.end(),
                                    [&](SessionId id) { return same == nullptr || id != same->id; });
    if (others) {
      desk_.refuse(route, hello.id, 0, Errc::prefixes_mismatch,
                   "another live member of group " + group.name + " has other prefixes");
      return false;
    }
    change_prefixes(desk_, group, hello.prefixes);
  }
  if (group.value.policy != hello.policy) {
    group.value.policy = hello.policy;
    desk_.save_value(group);
  }
  return true;
}

// The newcomer stands first. Whose were the slots before decides what it may keep and what is charged.
bool Attachment::take_slots(Session& session, const Hello& hello, const Session* same, Now now) {
  Group& group = *session.group;
  const Owner& owner = group.value.owner;
  const bool was_me = owner.member == hello.member && owner.instance == hello.instance;
  const bool resumed = was_me && hello.resume && hello.resume->epoch == owner.epoch;
  if (resumed || (was_me && same != nullptr && same->slots != 0)) {
    // The same instance goes on under the same epoch, also when its Welcome was lost and it asks again.
    pardon(desk_, group, owner.epoch);
    if (resumed) {
      resume(group, *hello.resume, now);
    } else if (same->fetch.id != 0) {
      mark_delivered(group, desk_.head);
    }
    group.claim_until.reset();
    group.mark_through = 0;
    for (const Seq seq : group.retries.flying()) group.retries.find(seq)->seen = now.steady;
    session.slots = group.assignment.slots(session.id);
    session.epoch = owner.epoch;
    session.given = desk_.head;  // what it brings along, at most
    return resumed;
  }
  if (same != nullptr && same->slots != 0) {
    desk_.notice(Level::warning, "member.replaced",
                 "member " + hello.member + " of group " + group.name + " came back as a new instance");
    mark_delivered(group, desk_.head);
  }
  if (!was_me) {
    const bool charge = same != nullptr && same->slots != 0;
    charge_crash(desk_, group, charge && alone(*same, desk_), now);
    // An owner that has not detached may have had everything by the live stream, also after this restarted.
    // (One whose lease ran out too, until it noticed.)
    if (!owner.member.empty()) mark_delivered(group, desk_.head);
    if (!owner.member.empty() && group.lost != owner.epoch) {
      isolate(desk_, group, charge ? given_to(*same, desk_) : desk_.head, charge);
    }
  }
  mark_delivered(group, group.mark_through);
  give_slots(session, now);
  return false;
}

void Attachment::resume(Group& group, const Resume& resume, Now now) {
  SlotLedger settled = resume.settled;
  clamp_ledger(settled, std::max(desk_.head, group.ceiling));
  if (group.ledger.settle(settled.slots, settled.floor, settled.above)) desk_.ledger_changed(group, now);
  for (const HeldEvent& held : resume.held) unclaim_crash(desk_, group, held, now);
}

void Attachment::give_slots(Session& session, Now now) {
  Group& group = *session.group;
  session.slots = group.assignment.slots(session.id);
  session.epoch = desk_.next_epoch();
  session.acked = Duration::zero();
  group.value.owner = Owner{session.epoch, session.member, session.instance};
  group.mark_through = 0;
  group.claim_until.reset();
  for (const Seq seq : group.retries.flying()) group.retries.find(seq)->seen = now.steady;
  desk_.save_value(group);
}

void Attachment::grant(Session& session) {
  const Group& group = *session.group;
  Grant grant;
  grant.session = session.id;
  grant.epoch = session.epoch;
  grant.slots = session.slots;
  grant.position = position(group, session.slots);
  grant.settled = group.ledger.view(session.slots);
  grant.redelivered_through = group.value.redelivered_through;
  session.grant_unheard = true;
  desk_.send(session.route, std::move(grant));
}

void Attachment::pass_on(Group& group, Now now) {
  if (Session* next = desk_.sessions.find(group.assignment.owner())) {
    give_slots(*next, now);
    grant(*next);
  }
  desk_.touch(group);
}

void Attachment::mark_delivered(Group& group, Seq through) {
  if (through <= group.value.redelivered_through) return;
  group.value.redelivered_through = through;
  desk_.save_value(group);
}

void Attachment::leave(Session& session, bool untouched, Now now) {
  Group* group = session.group;
  const SessionId id = session.id;
  if (group != nullptr) {
    const bool had = group->assignment.leave(id);
    desk_.notice(Level::info, "member.detached", "member " + session.member + " left group " + group->name);
    if (had) {
      if (!untouched) mark_delivered(*group, desk_.head);
      const std::set<Seq> flying = group->retries.flying();
      for (const Seq seq : flying) {
        group->retries.wait(seq, *group->retries.find(seq), now.steady);
        desk_.save_retry(*group, seq);
      }
      group->value.owner = Owner{group->value.owner.epoch, {}, {}};
      desk_.save_value(*group);
      desk_.sessions.detach(id);
      return pass_on(*group, now);
    }
    desk_.touch(*group);
  }
  desk_.sessions.detach(id);
}

void Attachment::lose(Session& session, Now now) {
  Group* group = session.group;
  if (group != nullptr) {
    desk_.notice(
        Level::warning, "member.lost",
        "member " + session.member + " of group " + group->name + " has not been heard of for its lease");
    if (group->assignment.leave(session.id)) {
      group->lost = session.epoch;
      charge_crash(desk_, *group, alone(session, desk_), now);
      mark_delivered(*group, desk_.head);
      isolate(desk_, *group, given_to(session, desk_), true);
      desk_.sessions.close(session.id);
      return pass_on(*group, now);
    }
  }
  desk_.sessions.close(session.id);
}

Session* Attachment::renew(const Route& route, SessionId id, std::uint64_t request, Now now) {
  Session* session = desk_.sessions.find(id);
  if (session == nullptr) {
    desk_.refuse(
        route, request, id, Errc::unknown_session,
        "no such session: the publisher has restarted, the lease ran out or the member was replaced");
    return nullptr;
  }
  session->route = route;
  session->heard = now.steady;
  return session;
}

void Attachment::on_time(Now now) {
  if (!lease_check_ || now.steady < *lease_check_) return;
  std::vector<SessionId> lost;
  for (const auto& [id, session] : desk_.sessions.all()) {
    if (session->heard + desk_.settings.lease <= now.steady) lost.push_back(id);
  }
  for (const SessionId id : lost) {
    // Passing slots on to a member that is lost too is harmless: its turn comes in this loop.
    if (Session* session = desk_.sessions.find(id)) lose(*session, now);
  }
  lease_check_.reset();
  for (const auto& [id, session] : desk_.sessions.all()) {
    const Duration end = session->heard + desk_.settings.lease;
    lease_check_ = std::min(lease_check_.value_or(end), end);
  }
}

std::optional<Duration> Attachment::next_deadline() const {
  return lease_check_;
}

void Attachment::shift(Duration gap) {
  for (const auto& [id, session] : desk_.sessions.all()) session->heard += gap;
  if (lease_check_) *lease_check_ += gap;
  for (const auto& [serial, group] : desk_.by_serial) {
    if (!group->claim_until) continue;
    *group->claim_until += gap;
    desk_.touch(*group);
  }
}

Welcome Attachment::welcome(const Session& session, const Hello& hello) const {
  Welcome out;
  out.id = hello.id;
  out.session = session.id;
  out.origin = desk_.identity.origin;
  out.name = desk_.identity.name;
  out.incarnation = desk_.identity.incarnation;
  out.events = desk_.settings.events_endpoint;
  out.head = desk_.head;
  out.lease = desk_.settings.lease;
  out.epoch = session.epoch;
  out.slots = session.slots;
  if (session.group != nullptr && session.slots != 0) {
    out.position = position(*session.group, session.slots);
    out.settled = session.group->ledger.view(session.slots);
    out.redelivered_through = session.group->value.redelivered_through;
  }
  return out;
}

}  // namespace mesh::core
