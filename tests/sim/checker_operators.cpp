// What operators have asked for, and what became of it.
#include <sstream>
#include <utility>

#include <mesh/core/publisher/state_codec.hpp>

#include "checker.hpp"

namespace sim {

namespace {

bool filter_matches(const mesh::ParkedFilter& filter, mesh::Seq seq, std::string_view topic,
                    std::string_view key) {
  if (!filter.seqs.empty())
    return std::find(filter.seqs.begin(), filter.seqs.end(), seq) != filter.seqs.end();
  return topic.starts_with(filter.topic_prefix) && (!filter.key || *filter.key == key);
}

}  // namespace

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

void Checker::commanded(PublisherIndex publisher, const mesh::GroupCommand& command) {
  if (command.kind == mesh::GroupCommand::Kind::rewind && !command.dry_run)
    rewinds_.insert({publisher, command.group});
  if (command.kind == mesh::GroupCommand::Kind::lease && command.lease && !command.dry_run)
    leases_.insert({publisher, command.group});
}

void Checker::group_written(PublisherIndex publisher, GroupIndex group,
                            const std::optional<std::string>& value) {
  auto& one = logs_[publisher].groups[group];
  one.exists = value.has_value();
  const bool before = std::exchange(one.lapsed_on_disk, false);
  if (!value) return;
  const auto written = mesh::core::decode_group(*value);
  if (!written) broken("state is as documented", written.error().describe());
  one.lapsed_on_disk = written->lease && written->unattended >= *written->lease;
  if (!one.lapsed_on_disk || before) return;
  ++tally.lapses;
  if (!leases_.contains({publisher, scenario_.groups[group].name})) {
    broken("kept until every group has settled",
           "group " + std::to_string(group) + " lapses without a lease");
  }
  check_nobody_has_slots(publisher, group, "lapses");
}

// What it decides and what it can write may be far apart: the disk may be full.
void Checker::noticed(PublisherIndex publisher, const mesh::Notice& notice) {
  auto& log = logs_[publisher];
  const auto word = [&](std::size_t number) {
    std::istringstream words(notice.text);
    std::string one;
    for (std::size_t i = 0; i <= number; ++i) words >> one;
    return one;
  };
  if (notice.code == "group.lapsed" || notice.code == "group.attended") {
    if (const auto group = group_named(word(1))) log.groups[*group].lapsed = notice.code == "group.lapsed";
  }
  if (notice.code != "retention.dropped") return;
  for (auto& group : log.groups) {
    if (group.lapsed) group.unowed_through = std::max<mesh::Seq>(group.unowed_through, std::stoull(word(4)));
  }
}

void Checker::check_nobody_has_slots(PublisherIndex publisher, GroupIndex group, const char* when) {
  const auto& one = logs_[publisher].groups[group];
  for (std::size_t slot = 0; slot < mesh::slot_count; ++slot) {
    const auto holder = one.holders[slot];
    if (holder == 0 || (one.loose >> slot & 1) != 0 || !processes_[holder].alive ||
        out_of_touch(processes_[holder], publisher)) {
      continue;
    }
    broken("a slot has one owner", "group " + std::to_string(group) + " " + when + " while process " +
                                       std::to_string(holder) + " has slot " + std::to_string(slot));
  }
}

// The deed is in the same commit as its consequences, and comes before them here.
void Checker::audit_written(PublisherIndex publisher, const std::string& value) {
  const auto audit = mesh::core::decode_audit(value);
  if (!audit) broken("state is as documented", audit.error().describe());
  const auto group = group_named(audit->group);
  if (group && audit->what == mesh::core::AuditValue::What::discard) discards_.insert({*group, audit->seq});
  if (audit->what != mesh::core::AuditValue::What::rewind) return;
  if (!group || !rewinds_.contains({publisher, audit->group})) {
    broken("at least once or parked", "rewound by nobody: group " + audit->group);
  }
  rewound(publisher, *group, audit->seq);
}

// What lies behind the new floor is owed anew, whatever had become of it; what lies before it is settled.
// Retries and parked events keep their account; what stands among the retries without having failed begins
// anew.
void Checker::rewound(PublisherIndex publisher, GroupIndex group, mesh::Seq floor) {
  auto& log = logs_[publisher];
  auto& one = log.groups[group];
  check_nobody_has_slots(publisher, group, "is rewound");
  ++tally.rewinds;
  rewound_to_[group] = floor;
  const auto started_after = std::exchange(one.start_after, std::min(one.start_after, floor));
  one.floor_checked = floor;
  for (std::size_t index = 0; index < one.entries.size(); ++index) {
    auto& entry = one.entries[index];
    if (log.events[index].seq <= floor) {
      if (entry.in_retry)
        entry.expired = false;  // dropped with its retry, before that had found nothing to read
      if (!entry.parked && entry.acked == 0) entry.discarded = true;
      continue;
    }
    if (entry.parked && discards_.contains({group, log.events[index].seq})) {
      renewed_.insert({group, log.events[index].seq});
      entry.parked = false;
    }
    if (entry.in_retry && entry.history == 0 && entry.redriven == 0) {
      entry.in_retry = entry.flying = false;
      entry.sent_to = 0;
    }
    // It may have failed just before, in the same commit.
    entry.kept = entry.parked || entry.in_retry || failed_.contains({group, log.events[index].seq});
    entry.renewed = !entry.kept;
    if (entry.kept) continue;
    entry.settled_before = entry.settled_before || accounted(entry) || log.events[index].seq <= started_after;
    if (entry.started > 0) entry.may_repeat = true;
    if (entry.expired) continue;  // told as lost: whatever comes of it now is more than is owed
    entry.acked = entry.history = entry.failed = entry.crashes = 0;
    entry.attempt = entry.redrives = 0;
    entry.park_asked = entry.retried = entry.discarded = false;
  }
  for (auto& [id, process] : processes_) {
    if (process.group != group) continue;
    process.acked_floor[publisher].fill(0);
    process.rewound[publisher] = true;
  }
}

}  // namespace sim
