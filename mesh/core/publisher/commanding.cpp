#include <bit>

#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/commanding.hpp>

namespace mesh::core {
namespace {

/// All up to the floor is settled; above it, what has an account of its own: a retry, or a parking lot's
/// place. What has not failed begins anew with the others of its key.
Ledger moved(const Group& group, Seq floor) {
  Ledger ledger(floor);
  for (auto it = group.retries.entries().upper_bound(floor); it != group.retries.entries().end(); ++it) {
    if (!it->second.fresh()) ledger.settle(it->first);
  }
  for (auto it = group.parked.upper_bound(floor); it != group.parked.end(); ++it) ledger.settle(it->first);
  return ledger;
}

std::string holders(const Desk& desk, const Group& group) {
  std::string text;
  for (const Assignment::Member& member : group.assignment.members()) {
    const auto it = desk.sessions.all().find(member.session);
    if (it == desk.sessions.all().end()) continue;
    if (!text.empty()) text += ", ";
    text += it->second->member + " (" + std::to_string(std::popcount(member.slots)) + " slots)";
  }
  return text;
}

}  // namespace

void Commanding::refuse(const Route& route, const GroupCommand& command, Errc code, std::string text) {
  desk_.refuse(route, command.id, 0, code, std::move(text));
}

void Commanding::on_command(const Route& route, const GroupCommand& command, Now now) {
  Group* group = desk_.find_group(command.group);
  if (group == nullptr) {
    return refuse(route, command, Errc::unknown_group, "the publisher has no such group");
  }
  switch (command.kind) {
    case GroupCommand::Kind::pause:
    case GroupCommand::Kind::resume:
      return pause(route, command, *group);
    case GroupCommand::Kind::remove:
      return remove(route, command, *group, now);
    case GroupCommand::Kind::lease:
      return lease(route, command, *group, now);
    case GroupCommand::Kind::rewind:
      break;
  }
  if (command.start.kind != Start::Kind::time) {
    return rewind(route, command, *group, floor_of(command.start, desk_), now);
  }
  if (desk_.busy(route, command.id)) return;
  ReadJob job;
  job.kind = ReadJob::Kind::locate;
  job.when = command.start.time;
  desk_.ask(std::move(job), ReadToRewind{route, command});
}

void Commanding::located(const ReadToRewind& reason, const ReadResult& result, Now now) {
  if (result.error) {
    return refuse(reason.route, reason.command, result.error->code,
                  "cannot find that time in the journal: " + result.error->text);
  }
  Group* group = desk_.find_group(reason.command.group);
  if (group == nullptr) {
    return refuse(reason.route, reason.command, Errc::unknown_group, "the group was removed");
  }
  const Seq floor = std::clamp(result.located, gone_through(desk_), desk_.head);
  rewind(reason.route, reason.command, *group, floor, now);
}

void Commanding::pause(const Route& route, const GroupCommand& command, Group& group) {
  const bool paused = command.kind == GroupCommand::Kind::pause;
  const GroupStatus status = status_of(group, desk_.head);
  if (!command.dry_run && group.value.paused != paused) {
    group.value.paused = paused;
    group.unbalanced = true;
    desk_.save_value(group);
    desk_.notice(Level::info, paused ? "group.paused" : "group.resumed",
                 "group " + group.name + (paused ? " is paused" : " goes on"));
  }
  desk_.send(route, GroupDone{command.id, status.floor, status.lag, status.lag, 0, 0});
}

// Repeated (its answer was lost), it does not begin anew.
void Commanding::lease(const Route& route, const GroupCommand& command, Group& group, Now now) {
  const auto& wanted = command.lease;
  if (wanted && (*wanted < group_lease_min || *wanted > group_lease_max)) {
    return refuse(route, command, Errc::invalid_argument, "a group's lease is 1 second to 3650 days");
  }
  const GroupStatus status = status_of(group, desk_.head);
  if (!command.dry_run && group.value.lease != wanted) {
    leasing_.give(group, wanted, now);
    desk_.notice(
        Level::info, "group.lease",
        "group " + group.name +
            (wanted ? " may be without members for " + std::to_string(wanted->count() / 1'000'000'000) +
                          " s before the journal keeps nothing for it"
                    : std::string(" has no lease: the journal keeps events for it, members or not")));
  }
  desk_.send(route, GroupDone{command.id, status.floor, status.lag, status.lag, 0, 0});
}

void Commanding::rewind(const Route& route, const GroupCommand& command, Group& group, Seq floor, Now now) {
  if (!command.dry_run && !group.value.paused) {
    return refuse(route, command, Errc::in_use, "pause the group first");
  }
  if (!command.dry_run && (group.assignment.held() | group.reserved) != 0) {
    return refuse(
        route, command, Errc::in_use,
        "not yet: " +
            (group.reserved != 0 ? std::string("members of before the restart") : holders(desk_, group)) +
            " may have events in hand; try again");
  }
  std::vector<Seq> dropped, fresh;
  for (const auto& [seq, entry] : group.retries.entries()) {
    if (seq <= floor) {
      dropped.push_back(seq);
    } else if (entry.fresh()) {
      fresh.push_back(seq);
    }
  }
  Ledger ledger = moved(group, floor);
  GroupDone done{command.id,
                 ledger.floor(),
                 ledger.missing_through(desk_.head),
                 group.ledger.missing_through(desk_.head),
                 dropped.size(),
                 0};
  if (!command.dry_run) {
    dropped.insert(dropped.end(), fresh.begin(), fresh.end());
    move(group, std::move(ledger), dropped, now);
    desk_.audit({AuditValue::What::rewind, group.name, floor, now.wall});
    desk_.notice(Level::info, "group.rewound",
                 "group " + group.name + " goes on after seq " + std::to_string(floor));
  }
  desk_.send(route, done);
}

void Commanding::move(Group& group, Ledger ledger, const std::vector<Seq>& dropped, Now now) {
  for (const Seq seq : dropped) desk_.erase_retry(group, seq);
  // Whoever had a slot before and says so later is told that it is not his: he would settle again what is
  // wanted again.
  group.value.owners = Owners{};
  group.value.marks.settle(all_slots, desk_.head, {});
  if (group.value.unheard.last <= ledger.floor()) group.value.unheard = SeqRange{};
  const auto round = group.isolation.round;
  group.isolation = Isolation{};
  group.isolation.round = round + 1;
  group.ledger = std::move(ledger);
  group.unbalanced = true;
  desk_.ledger_changed(group, now);
  desk_.save_value(group);
}

void Commanding::remove(const Route& route, const GroupCommand& command, Group& group, Now now) {
  if (!command.dry_run && !group.assignment.empty()) {
    return refuse(route, command, Errc::in_use,
                  "it has members: " + holders(desk_, group) + "; stop them first");
  }
  const GroupStatus status = status_of(group, desk_.head);
  const GroupDone done{command.id, status.floor, status.lag, status.lag, group.retries.size(), status.parked};
  if (!command.dry_run) {
    desk_.audit({AuditValue::What::remove, group.name, status.floor, now.wall});
    desk_.notice(
        Level::info, "group.removed",
        "group " + group.name + " is removed, with " + std::to_string(status.parked) + " parked events");
    desk_.remove_group(group);
  }
  desk_.send(route, done);
}

}  // namespace mesh::core
