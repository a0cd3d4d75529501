#include <algorithm>

#include <mesh/core/publisher/group_lease.hpp>
#include <mesh/core/publisher/key_order.hpp>
#include <mesh/core/publisher/operating.hpp>
#include <mesh/core/publisher/parking.hpp>
#include <mesh/core/publisher/retention_plan.hpp>

namespace mesh::core {

std::vector<Seq> select_parked(const Group& group, const ParkedFilter& filter) {
  std::vector<Seq> out;
  if (!filter.seqs.empty()) {
    for (const Seq seq : filter.seqs) {
      if (group.parked.contains(seq)) out.push_back(seq);
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  for (const auto& [seq, index] : group.parked) {
    if (!index.topic.starts_with(filter.topic_prefix)) continue;
    if (filter.reason && *filter.reason != index.reason) continue;
    if (filter.key && filter.key != index.key) continue;
    out.push_back(seq);
  }
  return out;
}

Group* Operating::group_for(const Route& route, std::uint64_t id, const std::string& name) {
  Group* group = desk_.find_group(name);
  if (group == nullptr) desk_.refuse(route, id, 0, Errc::unknown_group, "the publisher has no such group");
  return group;
}

void Operating::on_info(const Route& route, const InfoRequest& request, Now now) {
  Info info;
  info.id = request.id;
  info.origin = desk_.identity.origin;
  info.name = desk_.identity.name;
  info.incarnation = desk_.identity.incarnation;
  info.events = desk_.settings.events_endpoint;
  info.head = desk_.head;
  info.dropped_through = desk_.dropped_through;
  info.journal_bytes = desk_.usage.event_bytes();
  info.group_count = static_cast<std::uint32_t>(desk_.groups.size());
  info.session_count = static_cast<std::uint32_t>(desk_.sessions.size());
  info.version = ZMESH_VERSION;
  info.time = now.wall;
  info.journal_bytes_max = desk_.settings.retention.bytes_max;
  info.journal_owed_bytes = desk_.owed_bytes;
  info.journal_full_in = desk_.full_in;
  desk_.send(route, std::move(info));
}

std::vector<GroupStatus> Operating::statuses(Now now) const {
  std::vector<GroupStatus> out;
  for (const auto& [name, group] : desk_.groups) {
    out.push_back(status_of(*group, desk_.head));
    out.back().unattended = unattended(*group, now);
    out.back().owed = is_owed(desk_, *group);
    for (const Assignment::Member& member : group->assignment.members()) {
      const auto it = desk_.sessions.all().find(member.session);
      if (it == desk_.sessions.all().end()) continue;
      const Session& session = *it->second;
      out.back().members.push_back({session.member, session.slots, now.steady - session.heard,
                                    group->ledger.missing_through(desk_.head, session.slots)});
    }
  }
  return out;
}

void Operating::on_groups(const Route& route, const GroupsRequest& request, Now now) {
  GroupList list;
  list.id = request.id;
  list.head = desk_.head;
  list.groups = statuses(now);
  std::set<Seq> oldest;
  for (const GroupStatus& status : list.groups) {
    if (status.oldest_unsettled != 0 && oldest.size() < ages_max) oldest.insert(status.oldest_unsettled);
  }
  if (oldest.empty()) return desk_.send(route, std::move(list));
  if (desk_.busy(route, request.id)) return;
  ReadJob job;
  job.kind = ReadJob::Kind::records;
  job.seqs.assign(oldest.begin(), oldest.end());
  job.credit = 8u << 20;
  desk_.ask(std::move(job), ReadToTellAges{route, std::move(list)});
}

void Operating::on_ages(ReadToTellAges reason, const ReadResult& result, Now now) {
  std::map<Seq, WallTime> times;
  std::vector<EventView> events;
  for (const Batch& batch : result.batches) {
    if (!decode_events(batch.view(), events)) continue;
    for (const EventView& event : events) times.emplace(event.seq, event.time);
  }
  for (GroupStatus& status : reason.list.groups) {
    const auto it = times.find(status.oldest_unsettled);
    if (it != times.end()) status.oldest_age = Duration{std::max<WallTime>(now.wall - it->second, 0)};
  }
  desk_.send(reason.route, std::move(reason.list));
}

void Operating::on_state_failed(const Error& error) {
  const auto refuse = [&](const Route& route, std::uint64_t id) {
    desk_.refuse(route, id, 0, error.code,
                 "the state cannot be written, and nothing of it read: " + error.text);
  };
  std::erase_if(desk_.reads, [&](auto& read) {
    if (auto* ages = std::get_if<ReadToTellAges>(&read.second)) {
      desk_.send(ages->route, std::move(ages->list));
    } else if (const auto* list = std::get_if<ReadToList>(&read.second)) {
      refuse(list->route, list->id);
    } else if (const auto* rewind = std::get_if<ReadToRewind>(&read.second)) {
      refuse(rewind->route, rewind->command.id);
    } else {
      return false;
    }
    return true;
  });
}

void Operating::on_parked_list(const Route& route, const ParkedListRequest& request) {
  const Group* group = group_for(route, request.id, request.group);
  if (group == nullptr) return;
  const std::size_t limit = std::clamp<std::size_t>(request.limit, 1, parked_list_max);
  ReadToList reason{route, request.id, {}, false};
  std::size_t bytes = 0;
  for (const Seq seq : select_parked(*group, request.filter)) {
    if (seq <= request.after) continue;
    bytes += group->parked.at(seq).size;
    if (reason.seqs.size() >= limit || (bytes > list_bytes_max && !reason.seqs.empty())) {
      reason.more = true;
      break;
    }
    reason.seqs.push_back(seq);
  }
  if (reason.seqs.empty()) return desk_.send(route, ParkedList{request.id, false, {}});
  if (desk_.busy(route, request.id)) return;
  ReadJob job;
  job.kind = ReadJob::Kind::state;
  job.table = Table::parked;
  for (const Seq seq : reason.seqs) job.keys.push_back(event_key(group->name, seq));
  desk_.ask(std::move(job), std::move(reason));
}

void Operating::on_listed(const ReadToList& reason, const ReadResult& result) {
  if (result.error) {
    return desk_.refuse(reason.route, reason.id, 0, result.error->code, result.error->text);
  }
  ParkedList list{reason.id, reason.more, {}};
  std::vector<EventView> events;
  for (std::size_t i = 0; i < reason.seqs.size() && i < result.values.size(); ++i) {
    if (!result.values[i]) continue;
    auto value = decode_parked_value(*result.values[i]);
    if (!value) return desk_.refuse(reason.route, reason.id, 0, value.error().code, value.error().text);
    ParkedEvent event;
    event.seq = reason.seqs[i];
    event.parked_at = value->parked_at;
    event.reason = value->reason;
    event.redrives = value->redrives;
    event.attempts = std::move(value->history);
    event.record = Bytes(value->batch.view().subspan(batch_header_size), value->batch.owner());
    list.events.push_back(std::move(event));
  }
  desk_.send(reason.route, std::move(list));
}

void Operating::on_parked_command(const Route& route, const ParkedCommand& command, Now now) {
  Group* group = group_for(route, command.id, command.group);
  if (group == nullptr) return;
  if (command.kind != ParkedCommand::Kind::redrive && command.kind != ParkedCommand::Kind::discard) {
    return desk_.refuse(route, command.id, 0, Errc::unsupported, "not a command on parked events");
  }
  std::vector<Seq> seqs = select_parked(*group, command.filter);
  std::erase_if(seqs, [&](Seq seq) { return group->parked.at(seq).leaving; });
  const bool redriving = command.kind == ParkedCommand::Kind::redrive && !command.dry_run && !seqs.empty();
  if (redriving) {
    if (desk_.busy(route, command.id)) return;
    for (const Seq seq : seqs) group->parked.at(seq).leaving = true;
    std::reverse(seqs.begin(), seqs.end());
    ReadToRedrive work{route, command.id, group, {}, std::move(seqs), 0, {}};
    work.done.id = command.id;
    return redrive_next(std::move(work));
  }
  ParkedDone done;
  done.id = command.id;
  done.count = seqs.size();
  if (!command.dry_run) discard(*group, seqs, now);
  if (seqs.size() > parked_list_max) seqs.resize(parked_list_max);
  done.seqs = std::move(seqs);
  desk_.send(route, std::move(done));
}

void Operating::discard(Group& group, const std::vector<Seq>& seqs, Now now) {
  for (const Seq seq : seqs) {
    const KeyId key = key_id(group.parked.at(seq).key);
    group.parked.erase(seq);
    parked_no_more(desk_, group, key, seq);
    note_incident(group, {Incident::What::discarded, seq, 0, std::nullopt});
    desk_.write(Table::parked, event_key(group.name, seq), std::nullopt);
    desk_.audit({AuditValue::What::discard, group.name, seq, now.wall});
  }
  if (seqs.empty()) return;
  desk_.notice(Level::info, "parked.discarded",
               "group " + group.name + ": " + std::to_string(seqs.size()) + " parked events were discarded");
}

// A step is bounded in events and bytes; each is one commit, so a redrive that is cut short has done what it
// has done.
void Operating::redrive_next(ReadToRedrive work) {
  work.chunk.clear();
  std::size_t bytes = 0;
  while (!work.rest.empty() && work.chunk.size() < step_events_max) {
    const auto it = work.group->parked.find(work.rest.back());
    if (it != work.group->parked.end()) {
      bytes += it->second.size;
      if (bytes > step_bytes_max && !work.chunk.empty()) break;
      work.chunk.push_back(work.rest.back());
    }
    work.rest.pop_back();
  }
  if (work.chunk.empty()) return finish_redrive(work, false);
  ReadJob job;
  job.kind = ReadJob::Kind::state;
  job.table = Table::parked;
  for (const Seq seq : work.chunk) job.keys.push_back(event_key(work.group->name, seq));
  desk_.ask(std::move(job), std::move(work));
}

void Operating::on_redriven(ReadToRedrive work, const ReadResult& result, Now now) {
  bool full = false;
  for (std::size_t i = 0; i < work.chunk.size(); ++i) {
    const Seq seq = work.chunk[i];
    const auto it = work.group->parked.find(seq);
    if (it == work.group->parked.end()) continue;
    it->second.leaving = false;
    full = full || work.group->retries.size() >= desk_.settings.waiting_max ||
           crowded(*work.group, key_id(it->second.key));
    if (full || i >= result.values.size() || !result.values[i]) continue;
    redrive(work, seq, *result.values[i], now);
  }
  desk_.touch(*work.group);
  if (result.error) {
    desk_.notice_rarely(Level::error, "journal.read_failed", result.error->describe(), now);
  }
  if (full || result.error) return finish_redrive(work, full);
  redrive_next(std::move(work));
}

void Operating::redrive(ReadToRedrive& work, Seq seq, const std::string& bytes, Now now) {
  Group& group = *work.group;
  const Slot slot = group.parked.at(seq).slot;
  const KeyId key = key_id(group.parked.at(seq).key);
  if (is_behind_parked(group, seq, key)) {
    ++work.behind;
    return;
  }
  auto value = decode_parked_value(bytes);
  if (!value) {
    return desk_.notice_rarely(Level::error, "journal.read_failed", value.error().describe(), now);
  }
  RetryEntry& entry = group.retries.put(seq, slot, key);
  entry.redrives = value->redrives + 1;
  entry.history = std::move(value->history);
  entry.copied = true;
  entry.due_wall = now.wall;
  group.retries.wait(seq, entry, now.steady);
  group.parked.erase(seq);
  parked_no_more(desk_, group, key, seq);
  note_incident(group, {Incident::What::redriven, seq, 0, std::nullopt});
  desk_.write(Table::parked, event_key(group.name, seq), std::nullopt);
  desk_.write(Table::retries, copy_key(group.name, seq), std::string(as_text(value->batch.view())));
  desk_.save_retry(group, seq);
  ++work.done.count;
  if (work.done.seqs.size() < parked_list_max) work.done.seqs.push_back(seq);
}

void Operating::finish_redrive(ReadToRedrive& work, bool full) {
  for (const Seq seq : work.rest) {
    if (const auto it = work.group->parked.find(seq); it != work.group->parked.end())
      it->second.leaving = false;
  }
  if (full && work.done.count == 0) {
    return desk_.refuse(work.route, work.id, 0, Errc::limit_reached, "the group has its maximum of retries");
  }
  if (work.behind != 0) {
    const std::string text = std::to_string(work.behind) +
                             " stay parked: an earlier event of their key is parked, which is to be redriven "
                             "or discarded first";
    if (work.done.count == 0) return desk_.refuse(work.route, work.id, 0, Errc::in_use, text);
    desk_.notice(Level::warning, "parked.behind", "group " + work.group->name + ": " + text);
  }
  if (work.done.count != 0) {
    desk_.notice(Level::info, "parked.redriven",
                 "group " + work.group->name + ": " + std::to_string(work.done.count) +
                     " parked events were redriven");
  }
  desk_.send(work.route, std::move(work.done));
}

}  // namespace mesh::core
