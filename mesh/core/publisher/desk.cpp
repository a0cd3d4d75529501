#include <mesh/core/publisher/desk.hpp>

#include <algorithm>

namespace mesh::core {
namespace {

/// Publishers are refused meanwhile.
constexpr Duration flush_when_full = 50ms;

/// The read is for this group, and void when it is gone. (Those of operators are answered by nobody then:
/// they ask again, and hear that there is no such group.)
bool concerns(const ReadReason& reason, const Group& group) {
  return std::visit(
      [&](const auto& why) {
        if constexpr (requires { why.group; }) return why.group == &group;
        return false;
      },
      reason);
}

}  // namespace

Desk::Desk(PublisherSettings settings_in, const Identity& identity_in)
    : settings(std::move(settings_in)), identity(identity_in), sessions(settings.seed, identity_in.run) {}

Group* Desk::find_group(std::string_view name) {
  const auto it = groups.find(name);
  return it == groups.end() ? nullptr : it->second.get();
}

Group& Desk::add_group(std::string name, GroupValue value, Ledger ledger) {
  auto group = std::make_unique<Group>();
  group->name = name;
  group->serial = ++serial_;
  group->value = std::move(value);
  group->ledger = std::move(ledger);
  group->fetched = FetchedBook(group->ledger.floor());
  group->retries.set_order(group->value.policy.order == Order::key);
  by_serial.emplace(group->serial, group.get());
  return *groups.insert_or_assign(std::move(name), std::move(group)).first->second;
}

void Desk::remove_group(Group& group) {
  const std::uint64_t serial = group.serial;
  std::erase_if(reads, [&](const auto& read) { return concerns(read.second, group); });
  std::erase_if(retries_, [&](const auto& retry) { return retry.first == serial; });
  for (const auto& [seq, entry] : group.retries.entries()) {
    write(Table::retries, event_key(group.name, seq), std::nullopt);
    if (entry.copied) write(Table::retries, copy_key(group.name, seq), std::nullopt);
  }
  for (const auto& [seq, index] : group.parked) {
    write(Table::parked, event_key(group.name, seq), std::nullopt);
  }
  write(Table::ledgers, group.name, std::nullopt);
  write(Table::groups, group.name, std::nullopt);
  dirty_.erase(serial);
  touched.erase(serial);
  agenda.set(serial, std::nullopt);
  by_serial.erase(serial);
  groups.erase(groups.find(group.name));
}

void Desk::audit(AuditValue value) {
  write(Table::audit, number_key(audit_next++), encode_audit(value));
  if (audit_next - audit_first > audit_max) write(Table::audit, number_key(audit_first++), std::nullopt);
}

Epoch Desk::next_epoch() {
  return Epoch{identity.run} << 32 | ++epoch_count_;
}

void Desk::save_value(Group& group) {
  group.value_dirty = true;
  save(group);
}

void Desk::ledger_changed(Group& group, Now now) {
  if (group.ledger_dirty) return;
  group.ledger_dirty = true;
  group.flush_at =
      now.steady + (journal_full ? std::min(settings.ledger_flush, flush_when_full) : settings.ledger_flush);
  dirty_.insert(group.serial);
  touch(group);
}

void Desk::hasten_flush(Now now) {
  for (const std::uint64_t serial : dirty_) {
    Group& group = *by_serial.at(serial);
    group.flush_at = std::min(group.flush_at, now.steady + flush_when_full);
    touch(group);
  }
}

void Desk::save(Group& group) {
  if (!group.value_dirty && !group.ledger_dirty) return;
  dirty_.insert(group.serial);
  forced_ = true;
  touch(group);
}

void Desk::save_retry(Group& group, Seq seq) {
  retries_.emplace(group.serial, seq);
  touch(group);
}

void Desk::erase_retry(Group& group, Seq seq) {
  if (const RetryEntry* entry = group.retries.find(seq); entry != nullptr && entry->copied) {
    write(Table::retries, copy_key(group.name, seq), std::nullopt);
  }
  group.retries.erase(seq);
  save_retry(group, seq);
}

void Desk::send(const Route& route, ControlMessage message) {
  out.control.push_back({route, std::move(message)});
}

void Desk::refuse(const Route& route, std::uint64_t id, SessionId session, Errc code, std::string text) {
  ++counters.refused;
  send(route, Refused{id, session, code, std::move(text)});
}

void Desk::notice(Level level, std::string_view code, std::string text) {
  out.notices.push_back({level, code, std::move(text)});
}

void Desk::notice_rarely(Level level, std::string_view code, std::string text, Now now) {
  const auto [it, first] = noticed_.try_emplace(code, now.steady);
  if (!first) {
    if (now.steady < it->second + 1min) return;
    it->second = now.steady;
  }
  notice(level, code, std::move(text));
}

void Desk::write(Table table, std::string key, std::optional<std::string> value) {
  out.state.push_back({table, std::move(key), std::move(value)});
}

std::uint64_t Desk::ask(ReadJob job, ReadReason reason) {
  job.id = ++read_count_;
  reads.emplace(job.id, std::move(reason));
  out.reads.push_back(std::move(job));
  return read_count_;
}

bool Desk::busy(const Route& route, std::uint64_t id) {
  if (reads.size() < reads_max) return false;
  refuse(route, id, 0, Errc::limit_reached, "the publisher has too many requests under way; try again");
  return true;
}

// Any state commit takes every changed ledger along: it costs little more and saves a commit of its own.
void Desk::take(PublisherEffects& effects) {
  ++batch_of_effects;
  for (const auto& [serial, seq] : retries_) {
    Group& group = *by_serial.at(serial);
    const RetryEntry* entry = group.retries.find(seq);
    std::optional<std::string> value;
    if (entry != nullptr) value = encode_retry(to_value(*entry));
    write(Table::retries, event_key(group.name, seq), std::move(value));
  }
  retries_.clear();
  if (forced_ || !out.state.empty()) {
    for (const std::uint64_t serial : dirty_) {
      Group& group = *by_serial.at(serial);
      if (group.value_dirty) write(Table::groups, group.name, encode_group(group.value));
      if (group.ledger_dirty) write(Table::ledgers, group.name, encode_ledger(group.ledger));
      group.value_dirty = group.ledger_dirty = false;
    }
    dirty_.clear();
    forced_ = false;
  }
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    from.clear();
  };
  append(effects.state, out.state);
  append(effects.control, out.control);
  append(effects.live, out.live);
  append(effects.reads, out.reads);
  append(effects.notices, out.notices);
  if (out.drop_through) effects.drop_through = std::exchange(out.drop_through, std::nullopt);
}

}  // namespace mesh::core
