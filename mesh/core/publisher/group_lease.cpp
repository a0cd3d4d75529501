#include <algorithm>

#include <mesh/core/publisher/group_lease.hpp>

namespace mesh::core {
namespace {

Duration step_of(Duration lease) {
  return std::clamp(lease / 16, Leasing::step_min, Leasing::step_max);
}

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

bool lapsed(const Group& group) {
  return group.value.lease && group.value.unattended >= *group.value.lease;
}

Duration unattended(const Group& group, Now now) {
  if (!group.value.lease) return Duration::zero();
  const Duration since = group.alone_from ? now.steady - *group.alone_from : Duration::zero();
  return std::min(group.value.unattended + since, *group.value.lease);
}

void Leasing::give(Group& group, std::optional<Duration> lease, Now now) {
  group.value.lease = lease;
  group.value.unattended = Duration::zero();
  group.alone_from.reset();
  if (lease && group.assignment.empty()) group.alone_from = now.steady;
  desk_.save_value(group);
}

bool Leasing::pump(Group& group, Now now) {
  if (!group.value.lease) return false;
  if (!group.assignment.empty()) {
    group.alone_from.reset();
    if (group.value.unattended == Duration::zero()) return false;
    const bool was = lapsed(group);
    group.value.unattended = Duration::zero();
    desk_.save_value(group);
    if (was) {
      desk_.notice(Level::info, "group.attended",
                   "group " + group.name + " is attended again: the journal keeps events for it");
    }
    return was;
  }
  if (lapsed(group)) return false;
  if (group.reserved != 0) {
    // Its members of before the restart may be on their way.
    group.alone_from.reset();
    return false;
  }
  if (!group.alone_from) group.alone_from = now.steady;
  if (now.steady < *next_deadline(group)) return false;
  group.value.unattended = unattended(group, now);
  group.alone_from = now.steady;
  desk_.save_value(group);
  if (!lapsed(group)) return false;
  desk_.notice(Level::warning, "group.lapsed",
               "group " + group.name + " has had no members for its lease of " + seconds(*group.value.lease) +
                   ": the journal keeps nothing for it any more; it is " +
                   std::to_string(group.ledger.missing_through(desk_.head)) + " seqs behind the head");
  return true;
}

std::optional<Duration> Leasing::next_deadline(const Group& group) const {
  if (!group.value.lease || !group.alone_from || lapsed(group)) return std::nullopt;
  const Duration left = *group.value.lease - group.value.unattended;
  return *group.alone_from + std::min(left, step_of(*group.value.lease));
}

void Leasing::shift(Duration gap) {
  for (const auto& [serial, group] : desk_.by_serial) {
    if (!group->alone_from) continue;
    *group->alone_from += gap;
    desk_.touch(*group);
  }
}

}  // namespace mesh::core
