#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/key_order.hpp>
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

/// In the words of the members' options.
std::string describe_order(const RetryPolicy& policy) {
  if (policy.order == Order::none) return "order none";
  return policy.on_park == OnPark::park_key ? "order key with on_park park-key" : "order key";
}

}  // namespace

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
  const bool resumed = handover_.attach(session, hello, same, now);
  if (same == nullptr || same->instance != hello.instance) {
    desk_.notice(Level::info, "member.attached",
                 "member " + hello.member + " attached to group " + group->name);
  }
  if (same != nullptr) {
    const bool replaced = same->instance != hello.instance;
    replaced ? desk_.sessions.lose(same->id) : desk_.sessions.close(same->id);
  }
  if (!lease_check_) lease_check_ = now.steady + desk_.settings.lease;
  handover_.balance(*group, now, &session);
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
  const auto& members = group.assignment.members();
  const bool others = std::any_of(members.begin(), members.end(), [&](const Assignment::Member& member) {
    return same == nullptr || member.session != same->id;
  });
  const bool other_prefixes = group.value.prefixes != hello.prefixes;
  if (other_prefixes && others) {
    desk_.refuse(route, hello.id, 0, Errc::prefixes_mismatch,
                 "another live member of group " + group.name + " has other prefixes");
    return false;
  }
  const RetryPolicy& policy = group.value.policy;
  const bool other_order = policy.order != hello.policy.order || policy.on_park != hello.policy.on_park;
  const Owners& owners = group.value.owners;
  const SlotMask mine =
      owners.slots(hello.member, hello.instance) | owners.slots_of_others(hello.member, hello.instance);
  if (other_order && (others || (group.reserved & ~mine) != 0)) {
    // Members of before the restart count too: they would come back to a group that keeps no order for them.
    desk_.refuse(route, hello.id, 0, Errc::policy_mismatch,
                 "live members of group " + group.name + " have " + describe_order(policy) + ", not " +
                     describe_order(hello.policy));
    return false;
  }
  if (other_prefixes) change_prefixes(desk_, group, hello.prefixes);
  if (policy == hello.policy) return true;
  const std::string before = describe_order(policy);
  group.value.policy = hello.policy;
  desk_.save_value(group);
  if (!other_order) return true;
  desk_.notice(group.retries.empty() ? Level::info : Level::warning, "group.order",
               "group " + group.name + " has " + describe_order(policy) + " from now on, not " + before +
                   ", as member " + hello.member + " brings it" +
                   (group.retries.empty() ? "" : ": what waits for its retry already may be passed"));
  apply_order(group);
  return true;
}

void Attachment::leave(Session& session, bool untouched, Now now) {
  const SessionId id = session.id;
  if (session.group != nullptr) handover_.leave(session, untouched, now);
  desk_.sessions.detach(id);
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
    Session& session = *desk_.sessions.find(id);
    if (session.group != nullptr) handover_.lose(session, now);
    desk_.sessions.lose(id);
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
  if (session.group != nullptr) tell_slots(out, session, session.slots);
  return out;
}

}  // namespace mesh::core
