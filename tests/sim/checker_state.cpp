// What the publisher has written about its groups: retries, parking lots, floors.
#include <mesh/core/publisher/state_codec.hpp>

#include "checker.hpp"

namespace sim {

namespace {

struct StateKey {
  std::string_view group;
  mesh::Seq seq = 0;
  bool copy = false;
};

/// The key of the tables `retries` and `parked`: group, 0x00, seq (big-endian); a further byte names a copy
/// of the event's record, which is of no interest here.
std::optional<StateKey> split(std::string_view key) {
  const auto zero = key.find('\0');
  if (zero == std::string_view::npos || key.size() < zero + 9) return std::nullopt;
  StateKey parts{key.substr(0, zero), 0, key.size() > zero + 9};
  for (const char byte : key.substr(zero + 1, 8))
    parts.seq = parts.seq << 8 | static_cast<std::uint8_t>(byte);
  return parts;
}

}  // namespace

void Checker::state_written(PublisherIndex publisher, std::span<const mesh::StateWrite> writes) {
  auto& log = logs_[publisher];
  // Whose lease has run out meanwhile may have been charged.
  for (auto& [id, process] : processes_) {
    if (!process.alive || process.group >= log.groups.size() || !out_of_touch(process, publisher)) continue;
    // Again, if it was taken for lost while the publisher itself stood still, and was heard of since then.
    if (world_.now() - process.heard[publisher] >= scenario_.lease) lost_touch(publisher, id);
  }
  // Parking and putting back are one commit: look at the end of it only.
  using Change = std::optional<std::optional<std::string>>;
  std::map<std::pair<GroupIndex, mesh::Seq>, std::pair<Change, Change>> changes;
  discards_.clear();
  renewed_.clear();
  rewound_to_.clear();
  failed_.clear();
  unparked_.clear();
  for (const auto& write : writes) {
    if (write.table == mesh::Table::groups || write.table == mesh::Table::ledgers)
      want_status_[publisher] = true;
    if (write.table == mesh::Table::groups) {
      if (const auto group = group_named(write.key)) group_written(publisher, *group, write.value);
    }
    if (write.table != mesh::Table::retries && write.table != mesh::Table::parked) continue;
    const auto key = split(write.key);
    const auto group = key ? group_named(key->group) : std::nullopt;
    if (!group) broken("state keys are as documented", "a key of the retry or parking table");
    if (key->copy) continue;
    auto& change = changes[{*group, key->seq}];
    (write.table == mesh::Table::retries ? change.first : change.second) = write.value;
    if (write.table == mesh::Table::parked && !write.value) unparked_.insert({*group, key->seq});
    if (write.table != mesh::Table::retries || !write.value) continue;
    const auto retry = mesh::core::decode_retry(*write.value);
    if (retry && !retry->history.empty()) failed_.insert({*group, key->seq});
  }
  for (const auto& write : writes) {
    if (write.table == mesh::Table::audit && write.value) audit_written(publisher, *write.value);
  }
  for (const auto& [where, change] : changes) {
    const auto [group, seq] = where;
    const auto index = log.find(seq);
    if (!index) broken("nothing is invented", "state of seq " + std::to_string(seq) + ", never committed");
    auto& entry = log.groups[group].entries[*index];
    const bool retry_before = entry.in_retry;
    if (change.first) entry.in_retry = change.first->has_value();
    if (change.second && !(renewed_.contains(where) && !*change.second))
      park_written(publisher, group, *index, *change.second);
    if (change.first && (retry_before || *change.first))
      retry_written(publisher, group, *index, *change.first);
  }
}

// Each attempt that is written down must have failed, or have ended with the process that had it in hand
// alone.
void Checker::attempts_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                               const std::vector<mesh::Attempt>& history, std::uint32_t redrives) {
  auto& entry = logs_[publisher].groups[group].entries[index];
  if (history.size() >= mesh::attempt_history_max) return;  // the middle is left out
  std::uint32_t number = 0;
  for (const auto& attempt : history) {
    // A redrive counts from one again.
    if (attempt.number <= number && (redrives == 0 || attempt.number != 1)) {
      broken("parked with its history", "attempts do not ascend: " + name_of(publisher, group, index));
    }
    number = attempt.number;
  }
  for (; entry.history < history.size(); ++entry.history) {
    ++entry.failed;
    ++tally.retries;
    if (history[entry.history].reason == mesh::Reason::consumer_crash) {
      ++entry.crashes;
      if (entry.chargeable || entry.sent_to == 0) continue;
      broken("a poison event hurts only itself",
             "charged with the end of process " + std::to_string(entry.sent_to) +
                 (processes_[entry.sent_to].alive ? ", which lives: " : ", which had others in hand: ") +
                 name_of(publisher, group, index));
    } else if (++entry.recorded > entry.failures) {
      broken("a poison event hurts only itself",
             "an attempt is written down that never failed: " + name_of(publisher, group, index));
    }
  }
  // Who comes back with the event in hand has not vanished: the charge is taken back.
  for (; entry.history > history.size(); --entry.history) {
    --entry.failed;
    --entry.crashes;
  }
}

void Checker::retry_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                            const std::optional<std::string>& value) {
  auto& log = logs_[publisher];
  auto& entry = log.groups[group].entries[index];
  if (!value) {
    world_.trace.line("disk", "retry removed",
                      {{"publisher", publisher}, {"group", group}, {"seq", log.events[index].seq}});
  } else {
    const auto retry = mesh::core::decode_retry(*value);
    if (!retry) broken("state is as documented", retry.error().describe());
    world_.trace.line("disk", "retry kept",
                      {{"publisher", publisher},
                       {"group", group},
                       {"seq", log.events[index].seq},
                       {"state", static_cast<std::uint64_t>(retry->state)},
                       {"attempts", retry->attempts},
                       {"redrives", retry->redrives}});
    attempts_written(publisher, group, index, retry->history, retry->redrives);
    entry.retried = true;
    const bool flying = retry->state == mesh::core::RetryValue::State::flying;
    if (!flying || !entry.flying) {
      // It flies without having been sent where its process came back with it in hand.
      entry.sent_to = flying ? claimed_by(publisher, group, log.events[index].seq) : 0;
      entry.chargeable = false;
    }
    entry.flying = flying;
    return;
  }
  entry.flying = false;
  const bool done =
      entry.acked > 0 || entry.parked || entry.discarded || entry.expired || log.events[index].lost;
  if (!done) broken("at least once or parked", "its retry was given up: " + name_of(publisher, group, index));
}

/// An earlier event of its key is parked, or was until this commit, and the group parks keys.
bool Checker::behind_parked(PublisherIndex publisher, GroupIndex group, std::size_t index) const {
  if (scenario_.groups[group].policy.on_park != mesh::OnPark::park_key) return false;
  const auto& entries = logs_[publisher].groups[group].entries;
  for (auto before = entries[index].key_before; before != Entry::none;) {
    const auto& entry = entries[static_cast<std::size_t>(before)];
    const auto seq = logs_[publisher].events[static_cast<std::size_t>(before)].seq;
    if (entry.parked || unparked_.contains({group, seq})) return true;
    before = entry.key_before;
  }
  return false;
}

void Checker::park_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                           const std::optional<std::string>& value) {
  auto& log = logs_[publisher];
  auto& entry = log.groups[group].entries[index];
  world_.trace.line("disk", value ? "parked" : "unparked",
                    {{"publisher", publisher}, {"group", group}, {"seq", log.events[index].seq}});
  if (value) {
    const auto parked = mesh::core::decode_parked_value(*value);
    if (!parked) broken("state is as documented", parked.error().describe());
    attempts_written(publisher, group, index, parked->history, parked->redrives);
    const auto allowed = scenario_.groups[group].policy.attempts_max;
    const bool whole = parked->history.size() < mesh::attempt_history_max;
    const bool behind = parked->reason == mesh::Reason::key_parked && behind_parked(publisher, group, index);
    if (whole && !behind && entry.failed != allowed && !(entry.park_asked && entry.failed < allowed)) {
      broken("parked after attempts_max failures",
             "parked with " + std::to_string(entry.failed) + " of " + std::to_string(allowed) +
                 " failed attempts: " + name_of(publisher, group, index));
    }
    if (!entry.parked) ++tally.parked;
    entry.parked = entry.let_go = true;
    return;
  }
  using Command = mesh::ParkedCommand::Kind;
  if (!entry.parked) {
    // While the disk was full it was parked and taken out again in memory alone.
    const auto kind = entry.in_retry ? Command::redrive : Command::discard;
    if (!was_commanded(publisher, group, index, kind)) return;
  }
  entry.parked = false;
  if (entry.in_retry) {
    if (!was_commanded(publisher, group, index, Command::redrive)) {
      broken("at least once or parked", "redriven by nobody: " + name_of(publisher, group, index));
    }
    ++tally.redriven;
    ++entry.redriven;
    entry.acked = entry.failed = 0;
    entry.attempt = 0;
    entry.park_asked = false;
    entry.may_repeat = true;
    entry.sent_to = 0;
    return;
  }
  // Put back, and dropped with the other retries by a rewind before that was written.
  const auto rewind = rewound_to_.find(group);
  const bool passed = rewind != rewound_to_.end() && log.events[index].seq <= rewind->second &&
                      was_commanded(publisher, group, index, Command::redrive);
  if (!passed && !was_commanded(publisher, group, index, Command::discard)) {
    broken("at least once or parked", "unparked by nobody: " + name_of(publisher, group, index));
  }
  ++tally.discarded;
  entry.discarded = true;
}

void Checker::turn_begins(PublisherIndex publisher, mesh::Seq head) {
  turn_head_[publisher] = head;
  for (auto& group : logs_[publisher].groups) group.releasing = 0;
  if (!unwritten_[publisher]) claims_[publisher].clear();
  unwritten_[publisher] = false;
}

ProcessId Checker::claimed_by(PublisherIndex publisher, GroupIndex group, mesh::Seq seq) const {
  for (auto claim = claims_[publisher].rbegin(); claim != claims_[publisher].rend(); ++claim) {
    if (claim->group == group && claim->seq == seq) return claim->process;
  }
  return 0;
}

void Checker::asked_for(PublisherIndex publisher, std::string_view name) {
  const auto group = group_named(name);
  if (!group) return;
  auto& one = logs_[publisher].groups[*group];
  if (!one.asked_at) one.asked_at = turn_head_[publisher];
}

void Checker::group_created(PublisherIndex publisher, GroupIndex group, const mesh::GroupStatus& status) {
  auto& log = logs_[publisher];
  auto& one = log.groups[group];
  const auto& start = scenario_.groups[group].start;
  const auto head = one.asked_at.value_or(0);
  const auto gone = status.floor >= log.dropping_through ? std::max(log.dropped_through, log.dropping_through)
                                                         : log.dropped_through;
  one.start_known = true;
  switch (start.kind) {
    case mesh::Start::Kind::earliest:
      one.start_after = gone;
      break;
    case mesh::Start::Kind::seq:
      // Beyond the head there is nothing yet: then the group starts at the head.
      one.start_after = std::clamp(start.seq == 0 ? 0 : start.seq - 1, gone, std::max(gone, head));
      break;
    case mesh::Start::Kind::latest:
    case mesh::Start::Kind::time:
      if (status.floor < head || (!log.events.empty() && status.floor > log.events.back().seq)) {
        broken("a group starts where it was asked to", "group " + status.group + " starts after " +
                                                           std::to_string(status.floor) + ", head was " +
                                                           std::to_string(head));
      }
      one.start_after = status.floor;
      break;
  }
}

void Checker::turn_ended(PublisherIndex publisher, const std::vector<mesh::GroupStatus>& groups) {
  auto& log = logs_[publisher];
  want_status_[publisher] = false;
  for (const auto& status : groups) {
    const auto group = group_named(status.group);
    if (!group) broken("nothing is invented", "a group nobody asked for: " + status.group);
    auto& one = log.groups[*group];
    if (!one.exists) continue;
    if (!one.start_known) group_created(publisher, *group, status);
    for (auto index = log.after(one.floor_checked); index < log.events.size(); ++index) {
      if (log.events[index].seq > status.floor) break;
      auto& entry = one.entries[index];
      if (!wanted(one, log, index) || log.events[index].lost) continue;
      const bool settled =
          entry.acked > 0 || entry.in_retry || entry.parked || entry.discarded || entry.expired;
      const bool may_lose = may_expire(*group) || log.events[index].seq <= one.unowed_through;
      if (!settled && may_lose && status.expired > one.expired) {
        ++one.expired;  // passed by an explicit policy, and said so
        entry.expired = true;
        ++tally.expired;
      } else if (!settled) {
        broken("nothing is skipped silently",
               "floor " + std::to_string(status.floor) + " passes " + name_of(publisher, *group, index));
      }
    }
    one.floor_checked = std::max(one.floor_checked, status.floor);
    one.floor_durable = status.floor;
    const auto parked = static_cast<std::uint64_t>(std::count_if(
        one.entries.begin(), one.entries.end(), [](const Entry& entry) { return entry.parked; }));
    if (parked != status.parked) {
      broken("counts are true", "group " + status.group + " says parked " + std::to_string(status.parked) +
                                    ", on disk " + std::to_string(parked));
    }
  }
}

}  // namespace sim
