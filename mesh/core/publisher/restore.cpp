#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/core/publisher/key_order.hpp>
#include <mesh/core/publisher/parking.hpp>
#include <mesh/core/publisher/restore.hpp>
#include <mesh/core/publisher/retention_plan.hpp>

namespace mesh::core {
namespace {

/// Scans a table; the first error that `take` returns ends it.
template <class Take>
Result<void> scan(const Journal& journal, Table table, Take&& take) {
  std::optional<Error> error;
  auto scanned = journal.scan_state(table, {}, [&](std::string_view key, std::string_view value) {
    if (Result<void> taken = take(key, value); !taken) error = taken.error();
    return !error;
  });
  if (error) return *error;
  return scanned;
}

Error damaged(std::string text) {
  return fail(Errc::journal_damaged, std::move(text));
}

Seq ceiling_of(const Ledger& ledger) {
  Seq highest = 0;
  for (const Ledger::Part& part : ledger.parts()) {
    highest = std::max(highest, part.set.above().empty() ? part.set.floor() : part.set.above().back().last);
  }
  return highest;
}

Result<void> restore_groups(Desk& desk, const Journal& journal) {
  auto groups =
      scan(journal, Table::groups, [&](std::string_view key, std::string_view bytes) -> Result<void> {
        if (!valid_name(key)) return damaged("the journal's state has a group with an impossible name");
        auto value = decode_group(bytes);
        if (!value) return value.error();
        desk.add_group(std::string(key), std::move(*value), Ledger());
        return {};
      });
  if (!groups) return groups;
  std::set<std::string, std::less<>> with_ledger;
  auto ledgers =
      scan(journal, Table::ledgers, [&](std::string_view key, std::string_view bytes) -> Result<void> {
        Group* group = desk.find_group(key);
        if (group == nullptr) return damaged("the journal's state has a ledger without its group");
        auto ledger = decode_ledger(bytes);
        if (!ledger) return ledger.error();
        group->ledger = std::move(*ledger);
        group->ceiling = ceiling_of(group->ledger);
        with_ledger.emplace(key);
        return {};
      });
  if (!ledgers) return ledgers;
  if (with_ledger.size() != desk.groups.size())
    return damaged("the journal's state has a group without its ledger");
  return {};
}

void restore_entry(Group& group, Seq seq, RetryValue& value, Now now) {
  RetryEntry& entry = group.retries.put(seq, value.slot, value.key);
  entry.attempts = value.attempts;
  entry.redrives = value.redrives;
  entry.due_wall = value.due;
  entry.delay = value.delay;
  entry.reason = value.reason;
  entry.copied = value.copied;
  entry.history = std::move(value.history);
  if (entry.fresh() && value.state != RetryValue::State::behind) {
    // A suspect that was not through: nothing else is given out before it, as before.
    // It flies to a member that has nothing else: whoever had its slots had no others.
    const SlotMask slot = SlotMask{1} << entry.slot;
    group.isolation.active = true;
    group.isolation.slots |= slot;
    for (const Owner& owner : group.value.owners.entries()) {
      if ((owner.slots & slot) == 0) continue;
      group.isolation.slots |= group.value.owners.slots(owner.member, owner.instance);
    }
    group.isolation.flight.insert(seq);
  }
  switch (value.state) {
    case RetryValue::State::waiting:
    case RetryValue::State::behind: {
      // The wall clock may have jumped: never earlier than now, never later than the delay it was given.
      const WallTime left = std::clamp<WallTime>(value.due - now.wall, 0, value.delay.count());
      group.retries.wait(seq, entry, now.steady + Duration{left});
      break;
    }
    case RetryValue::State::flying:
      entry.seen = now.steady;
      group.retries.move(seq, entry, RetryEntry::State::flying);
      break;
    case RetryValue::State::parking:
      group.retries.move(seq, entry, RetryEntry::State::parking);
      break;
  }
}

Result<void> restore_retries(Desk& desk, const Journal& journal, Now now) {
  return scan(journal, Table::retries, [&](std::string_view bytes, std::string_view value) -> Result<void> {
    const auto key = parse_event_key(bytes);
    if (!key) return key.error();
    Group* group = desk.find_group(key->group);
    if (group == nullptr) return damaged("the journal's state has a retry without its group");
    if (key->copy) {
      const RetryEntry* entry = group->retries.find(key->seq);
      if (entry == nullptr || !entry->copied)
        return damaged("the journal's state has a copy without its retry");
      return {};
    }
    auto decoded = decode_retry(value);
    if (!decoded) return decoded.error();
    restore_entry(*group, key->seq, *decoded, now);
    group->ledger.settle(key->seq);
    return {};
  });
}

Result<void> restore_parked(Desk& desk, const Journal& journal) {
  return scan(journal, Table::parked, [&](std::string_view bytes, std::string_view value) -> Result<void> {
    const auto key = parse_event_key(bytes);
    if (!key) return key.error();
    Group* group = desk.find_group(key->group);
    if (group == nullptr || key->copy)
      return damaged("the journal's state has a parked event without its group");
    const auto decoded = decode_parked_value(value);
    if (!decoded) return decoded.error();
    auto index = index_of(*decoded, key->seq, value.size());
    if (!index) return index.error();
    group->parked.emplace(key->seq, std::move(*index));
    group->ledger.settle(key->seq);
    return {};
  });
}

Result<void> restore_audit(Desk& desk, const Journal& journal) {
  bool first = true;
  return scan(journal, Table::audit, [&](std::string_view key, std::string_view) -> Result<void> {
    const auto number = parse_number_key(key);
    if (!number) return number.error();
    if (first) desk.audit_first = *number;
    first = false;
    desk.audit_next = *number + 1;
    return {};
  });
}

Result<void> declare(Desk& desk, const Journal& journal, const GroupDeclaration& declared, Now now) {
  if (!valid_name(declared.name)) {
    return invalid("group '" + declared.name + "': not a group's name");
  }
  for (const std::string& prefix : declared.prefixes) {
    if (auto checked = check_prefix(prefix); !checked) return checked;
  }
  if (auto checked = check_policy(declared.policy); !checked) return checked;
  if (declared.prefixes.size() > prefixes_max || desk.groups.size() >= desk.settings.groups_max) {
    return fail(Errc::limit_reached, "too many prefixes or groups are declared");
  }
  Seq floor = desk.head;
  switch (declared.start.kind) {
    case Start::Kind::earliest:
      floor = desk.dropped_through;
      break;
    case Start::Kind::latest:
      break;
    case Start::Kind::seq:
      floor = std::min(desk.head, declared.start.seq == 0 ? 0 : declared.start.seq - 1);
      break;
    case Start::Kind::time: {
      const auto found = journal.find_time(declared.start.time);
      if (!found) return found.error();
      floor = *found;
      break;
    }
  }
  GroupValue value;
  value.prefixes = normal_prefixes(declared.prefixes);
  value.policy = declared.policy;
  value.created_at = now.wall;
  Group& group =
      desk.add_group(declared.name, std::move(value), Ledger(std::max(floor, desk.dropped_through)));
  group.ledger_dirty = true;
  desk.save_value(group);
  desk.notice(Level::info, "group.created",
              "group " + group.name + " begins after seq " + std::to_string(group.ledger.floor()));
  return {};
}

}  // namespace

Result<void> restore_desk(Desk& desk, const Journal& journal, std::span<const GroupDeclaration> declared,
                          Now now) {
  desk.head = journal.head();
  desk.skipped_through = journal.next_seq() - 1;
  desk.dropped_through = journal.dropped_through();
  desk.usage = journal.usage();
  if (auto done = restore_groups(desk, journal); !done) return done;
  if (auto done = restore_retries(desk, journal, now); !done) return done;
  if (auto done = restore_parked(desk, journal); !done) return done;
  if (auto done = restore_audit(desk, journal); !done) return done;
  const bool unclean = desk.identity.opened == Opened::crashed || desk.identity.opened == Opened::suspect;
  for (auto& [name, group] : desk.groups) {
    if (unclean) group->value.marks.raise(desk.head);
    group->reserved = group->value.owners.slots();
    if (group->reserved != 0) group->claim_until = now.steady + desk.settings.lease;
    group->unbalanced = true;
    apply_order(*group);
    expire_through(desk, *group, desk.dropped_through, now);
    group->fetched = FetchedBook(desk.head);
    desk.touch(*group);
  }
  for (const GroupDeclaration& one : declared) {
    if (const Group* group = desk.find_group(one.name)) {
      if (group->value.prefixes != normal_prefixes(one.prefixes)) {
        desk.notice(
            Level::warning, "group.declared_otherwise",
            "group " + one.name +
                " exists with other prefixes than are declared: they stay until a member brings others");
      }
      continue;
    }
    if (auto done = declare(desk, journal, one, now); !done) return done;
  }
  return {};
}

}  // namespace mesh::core
