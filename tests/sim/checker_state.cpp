// What the publisher has written about its groups: retries, parking lots, floors.
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

bool filter_matches(const mesh::ParkedFilter& filter, mesh::Seq seq, std::string_view topic,
                    std::string_view key) {
  if (!filter.seqs.empty())
    return std::find(filter.seqs.begin(), filter.seqs.end(), seq) != filter.seqs.end();
  return topic.starts_with(filter.topic_prefix) && (!filter.key || *filter.key == key);
}

}  // namespace

void Checker::state_written(PublisherIndex publisher, std::span<const mesh::StateWrite> writes) {
  auto& log = logs_[publisher];
  // Parking and putting back are one commit: look at the end of it only.
  std::map<std::pair<GroupIndex, mesh::Seq>, std::pair<std::optional<bool>, std::optional<bool>>> changes;
  for (const auto& write : writes) {
    if (write.table == mesh::Table::groups || write.table == mesh::Table::ledgers)
      want_status_[publisher] = true;
    if (write.table == mesh::Table::groups) {
      if (const auto group = group_named(write.key)) log.groups[*group].exists = write.value.has_value();
    }
    if (write.table != mesh::Table::retries && write.table != mesh::Table::parked) continue;
    const auto key = split(write.key);
    const auto group = key ? group_named(key->group) : std::nullopt;
    if (!group) broken("state keys are as documented", "a key of the retry or parking table");
    if (key->copy) continue;
    auto& change = changes[{*group, key->seq}];
    (write.table == mesh::Table::retries ? change.first : change.second) = write.value.has_value();
  }
  for (const auto& [where, change] : changes) {
    const auto [group, seq] = where;
    const auto index = log.find(seq);
    if (!index) broken("nothing is invented", "state of seq " + std::to_string(seq) + ", never committed");
    auto& entry = log.groups[group].entries[*index];
    const bool retry_before = entry.in_retry;
    if (change.first) entry.in_retry = *change.first;
    if (change.second) park_written(publisher, group, *index, *change.second);
    if (change.first && (retry_before || *change.first))
      retry_written(publisher, group, *index, *change.first);
  }
}

void Checker::retry_written(PublisherIndex publisher, GroupIndex group, std::size_t index, bool present) {
  auto& log = logs_[publisher];
  auto& entry = log.groups[group].entries[index];
  world_.trace.line("disk", present ? "retry kept" : "retry removed",
                    {{"publisher", publisher}, {"group", group}, {"seq", log.events[index].seq}});
  if (present) {
    entry.retried = true;
    if (entry.unreported) {
      entry.unreported = false;
      ++entry.failed;
      ++tally.retries;
    }
    return;
  }
  const bool done =
      entry.acked > 0 || entry.parked || entry.discarded || entry.expired || log.events[index].lost;
  if (!done) broken("at least once or parked", "its retry was given up: " + name_of(publisher, group, index));
}

void Checker::park_written(PublisherIndex publisher, GroupIndex group, std::size_t index, bool present) {
  auto& log = logs_[publisher];
  auto& entry = log.groups[group].entries[index];
  world_.trace.line("disk", present ? "parked" : "unparked",
                    {{"publisher", publisher}, {"group", group}, {"seq", log.events[index].seq}});
  if (present) {
    const auto allowed = scenario_.groups[group].policy.attempts_max;
    if (!entry.park_asked && entry.charges < allowed) {
      broken("a poison event hurts only itself", "parked with " + std::to_string(entry.charges) + " of " +
                                                     std::to_string(allowed) +
                                                     " failed attempts: " + name_of(publisher, group, index));
    }
    if (!entry.parked) ++tally.parked;
    entry.parked = true;
    entry.unreported = false;
    return;
  }
  if (!entry.parked) return;
  entry.parked = false;
  using Kind = mesh::ParkedCommand::Kind;
  if (entry.in_retry) {
    if (!was_commanded(publisher, group, index, Kind::redrive)) {
      broken("at least once or parked", "redriven by nobody: " + name_of(publisher, group, index));
    }
    ++tally.redriven;
    ++entry.redriven;
    entry.acked = entry.failed = entry.charges = entry.crashes = 0;
    entry.attempt = 0;
    entry.park_asked = false;
    entry.may_repeat = true;
    entry.sent_to = 0;
    return;
  }
  if (!was_commanded(publisher, group, index, Kind::discard)) {
    broken("at least once or parked", "unparked by nobody: " + name_of(publisher, group, index));
  }
  ++tally.discarded;
  entry.discarded = true;
}

void Checker::commanded(PublisherIndex publisher, const mesh::ParkedCommand& command) {
  if (!command.dry_run) commands_[publisher].push_back(command);
}

bool Checker::was_commanded(PublisherIndex publisher, GroupIndex group, std::size_t index,
                            mesh::ParkedCommand::Kind kind) const {
  const auto& event = logs_[publisher].events[index];
  return std::any_of(commands_[publisher].begin(), commands_[publisher].end(), [&](const auto& command) {
    return command.kind == kind && command.group == scenario_.groups[group].name &&
           filter_matches(command.filter, event.seq, story_.event(event.number).topic,
                          story_.key_text(event.number));
  });
}

void Checker::turn_begins(PublisherIndex publisher, mesh::Seq head) {
  turn_head_[publisher] = head;
}

void Checker::group_created(PublisherIndex publisher, GroupIndex group, const mesh::GroupStatus& status) {
  auto& log = logs_[publisher];
  auto& one = log.groups[group];
  const auto& start = scenario_.groups[group].start;
  one.start_known = true;
  switch (start.kind) {
    case mesh::Start::Kind::earliest:
      one.start_after = log.dropped_through;
      break;
    case mesh::Start::Kind::seq:
      // Beyond the head there is nothing yet: then the group starts at the head.
      one.start_after = std::clamp(start.seq == 0 ? 0 : start.seq - 1, log.dropped_through,
                                   std::max(log.dropped_through, turn_head_[publisher]));
      break;
    case mesh::Start::Kind::latest:
    case mesh::Start::Kind::time:
      if (status.floor < turn_head_[publisher] ||
          (!log.events.empty() && status.floor > log.events.back().seq)) {
        broken("a group starts where it was asked to", "group " + status.group + " starts after " +
                                                           std::to_string(status.floor) + ", head was " +
                                                           std::to_string(turn_head_[publisher]));
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
      const auto& entry = one.entries[index];
      if (!wanted(one, log, index) || log.events[index].lost) continue;
      const bool settled =
          entry.acked > 0 || entry.in_retry || entry.parked || entry.discarded || entry.expired;
      if (!settled) {
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
