#include <algorithm>

#include <mesh/core/publisher/group_lease.hpp>
#include <mesh/core/publisher/retention_plan.hpp>

namespace mesh::core {
namespace {

/// Of the segment's bytes, about those from this seq on.
std::uint64_t owed_part(const SegmentUsage& segment, Seq from) {
  if (from <= segment.first) return segment.bytes;
  const auto all = static_cast<double>(segment.last - segment.first + 1);
  const auto part = static_cast<double>(segment.last - from + 1);
  return static_cast<std::uint64_t>(static_cast<double>(segment.bytes) * (part / all));
}

}  // namespace

RetentionPlan plan_retention(const JournalUsage& usage, const Needs& needs, const RetentionPolicy& policy,
                             WallTime now) {
  RetentionPlan plan;
  std::uint64_t bytes = usage.event_bytes();
  for (const SegmentUsage& segment : usage.segments) {
    if (segment.active) break;
    const bool over = bytes >= policy.bytes_max;
    const WallTime age = now - segment.newest;
    const bool aged = policy.age_max && age >= policy.age_max->count();
    bool drop = aged;
    const bool owed = needs.owed_from && segment.last >= *needs.owed_from;
    const bool settled = needs.settled_from && segment.last < *needs.settled_from;
    if (!owed) {
      drop = drop || over || (settled && age >= policy.settled_keep.count());
    } else {
      drop = drop || (over && policy.on_limit == RetentionPolicy::OnLimit::drop_oldest);
    }
    if (!drop) break;
    plan.drop_through = std::max(plan.drop_through, segment.last);
    bytes -= std::min(bytes, segment.bytes);
  }
  plan.full = bytes >= policy.bytes_max;
  if (!needs.owed_from || policy.on_limit == RetentionPolicy::OnLimit::drop_oldest) return plan;
  for (const SegmentUsage& segment : usage.segments) {
    if (segment.last < std::max(*needs.owed_from, segment.first)) continue;
    plan.owed_bytes += segment.bytes;
    plan.owed_bytes_precise += owed_part(segment, *needs.owed_from);
  }
  return plan;
}

void expire_through(Desk& desk, Group& group, Seq through, Now now) {
  const Seq floor = group.ledger.floor();
  if (floor >= through) return;
  const std::uint64_t count = group.ledger.missing_through(through);
  group.ledger.raise(through);
  group.value.expired += count;
  desk.counters.expired += count;
  if (group.value.unheard.empty()) group.value.unheard.first = floor + 1;
  group.value.unheard.last = through;
  for (const Assignment::Member& member : group.assignment.members()) {
    Session* session = desk.sessions.find(member.session);
    if (session != nullptr && count > 0) session->expired_through = through;
  }
  desk.ledger_changed(group, now);
  desk.save_value(group);
  desk.notice(Level::warning, "event.expired",
              "group " + group.name + " has lost seqs " + std::to_string(floor + 1) + " to " +
                  std::to_string(through) + " to retention, " + std::to_string(count) + " of them unsettled");
}

void Keeping::on_usage(const JournalUsage& usage, Seq dropped_through, Now now) {
  desk_.usage = usage;
  if (dropped_through > desk_.dropped_through) {
    desk_.dropped_through = dropped_through;
    for (auto& [name, group] : desk_.groups) expire_through(desk_, *group, dropped_through, now);
  }
  run(now);
}

void Keeping::on_settled(Now now) {
  if (desk_.journal_full) run(now);
}

bool is_owed(const Desk& desk, const Group& group) {
  const RetentionPolicy& policy = desk.settings.retention;
  if (lapsed(group) || policy.on_limit == RetentionPolicy::OnLimit::drop_oldest) return false;
  const auto& names = policy.owed_to;
  return names.empty() || std::find(names.begin(), names.end(), group.name) != names.end();
}

Needs Keeping::needs() const {
  Needs needs;
  const auto lower = [](std::optional<Seq>& to, Seq from) { to = std::min(to.value_or(from), from); };
  for (const auto& [name, group] : desk_.groups) {
    if (lapsed(*group)) continue;
    Seq from = group->ledger.floor() + 1;
    if (const Seq retry = group->retries.lowest_uncopied(); retry != 0) from = std::min(from, retry);
    lower(needs.settled_from, from);
    if (is_owed(desk_, *group)) lower(needs.owed_from, from);
  }
  for (const std::string& name : desk_.settings.retention.owed_to) {
    if (!desk_.groups.contains(name)) lower(needs.owed_from, 1);
  }
  return needs;
}

void Keeping::run(Now now) {
  const RetentionPlan plan = plan_retention(desk_.usage, needs(), desk_.settings.retention, now.wall);
  desk_.owed_bytes = plan.owed_bytes;
  // A group that keeps up owes a little of the segment that is written, which grows all the same until the
  // next one is begun: so the growth is that of what is owed itself.
  growth_.note(now.steady, plan.owed_bytes_precise);
  const std::uint64_t limit = desk_.settings.retention.bytes_max;
  desk_.full_in = growth_.reaches(limit - std::min(limit, plan.owed_bytes - plan.owed_bytes_precise));
  if (plan.full != desk_.journal_full) {
    desk_.journal_full = plan.full;
    if (desk_.journal_full) {
      desk_.hasten_flush(now);
      desk_.notice(Level::error, "retention.full",
                   "the journal has reached its limit and groups have not settled what could make room: "
                   "publishing is refused");
    } else {
      desk_.notice(Level::info, "retention.room", "the journal has room again");
    }
  }
  if (plan.drop_through <= desk_.dropped_through) return;
  if (plan.drop_through <= asked_ && now.steady < asked_at_ + 10s) return;
  asked_ = plan.drop_through;
  asked_at_ = now.steady;
  // Ledgers go into the commit before the drop, so that a crash in between cannot make settled events look
  // expired.
  for (auto& [name, group] : desk_.groups) {
    expire_through(desk_, *group, plan.drop_through, now);
    desk_.save(*group);
  }
  desk_.out.drop_through = plan.drop_through;
  desk_.dropping_through = plan.drop_through;
  desk_.notice(Level::info, "retention.dropped",
               "events up to seq " + std::to_string(plan.drop_through) + " are dropped");
}

}  // namespace mesh::core
