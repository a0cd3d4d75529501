#include <algorithm>

#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/redelivery.hpp>

namespace mesh::core {

ReadJob records_job(const std::vector<Seq>& seqs) {
  ReadJob job;
  job.kind = ReadJob::Kind::records;
  job.seqs = seqs;
  std::sort(job.seqs.begin(), job.seqs.end());
  job.credit = read_credit;
  return job;
}

ReadJob copies_job(const Group& group, const std::vector<Seq>& seqs) {
  ReadJob job;
  job.kind = ReadJob::Kind::state;
  job.table = Table::retries;
  for (const Seq seq : seqs) job.keys.push_back(copy_key(group.name, seq));
  job.credit = read_credit;
  return job;
}

FoundEvents sort_out(const std::vector<Seq>& seqs, bool copies, const ReadResult& result) {
  FoundEvents out;
  for (std::size_t i = 0; i < seqs.size(); ++i) {
    const Seq seq = seqs[i];
    if (copies) {
      if (i >= result.values.size()) {
        out.unread.push_back(seq);
      } else if (!result.values[i]) {
        out.missing.push_back(seq);
      } else if (auto batch = parse_batch(Bytes::copy(as_bytes(*result.values[i]))); batch) {
        out.found.emplace_back(seq, std::move(*batch));
      } else {
        out.unread.push_back(seq);
      }
      continue;
    }
    const auto it = std::find_if(result.batches.begin(), result.batches.end(),
                                 [&](const Batch& batch) { return batch.header.first == seq; });
    if (it != result.batches.end()) {
      out.found.emplace_back(seq, *it);
    } else if (seq > result.through || result.error) {
      out.unread.push_back(seq);
    } else {
      out.missing.push_back(seq);
    }
  }
  return out;
}

/// Whom a redelivery of this slot may be sent to.
Session* Redelivery::owner(const Group& group, Slot slot) const {
  Session* session = desk_.sessions.find(group.assignment.holder(slot));
  return session != nullptr && (session->leaving >> slot & 1) == 0 ? session : nullptr;
}

std::optional<Duration> Redelivery::next_deadline(const Group& group) const {
  std::optional<Duration> next;
  if (group.retries.empty()) return next;
  const auto sooner = [&](Duration when) { next = std::min(next.value_or(when), when); };
  for (const Assignment::Member& member : group.assignment.members()) {
    const SlotMask slots = member.slots & ~member.leaving;
    const Session* session = desk_.sessions.find(member.session);
    if (slots == 0 || session == nullptr) continue;
    if (const auto due = group.retries.next_flight(slots, desk_.settings.redeliveries_in_flight_max)) {
      sooner(std::max(*due, group.read_again));
    }
    for (const Seq seq : group.retries.flying(slots)) {
      const Duration seen = group.retries.entries().at(seq).seen;
      if (session->acked > seen) sooner(std::max(seen + desk_.settings.redelivery_resend, group.read_again));
    }
  }
  return next;
}

void Redelivery::pump(Group& group, Now now) {
  if (group.retries.empty() || now.steady < group.read_again) return;
  for (const Assignment::Member& member : group.assignment.members()) {
    const SlotMask slots = member.slots & ~member.leaving;
    const Session* session = desk_.sessions.find(member.session);
    if (slots == 0 || session == nullptr) continue;
    std::vector<Seq> again;
    for (const Seq seq : group.retries.flying(slots)) {
      RetryEntry& entry = *group.retries.find(seq);
      if (session->acked <= entry.seen || entry.seen + desk_.settings.redelivery_resend > now.steady)
        continue;
      entry.seen = now.steady;
      again.push_back(seq);
    }
    read(group, again, true);
    const auto due = group.retries.may_fly(now.steady, slots, desk_.settings.redeliveries_in_flight_max);
    for (const Seq seq : due) group.retries.move(seq, *group.retries.find(seq), RetryEntry::State::reading);
    read(group, due, false);
  }
}

void Redelivery::read(Group& group, const std::vector<Seq>& seqs, bool again) {
  std::vector<Seq> records, copies;
  for (const Seq seq : seqs) (group.retries.find(seq)->copied ? copies : records).push_back(seq);
  if (!records.empty()) desk_.ask(records_job(records), ReadToRedeliver{&group, records, false, again});
  if (!copies.empty()) desk_.ask(copies_job(group, copies), ReadToRedeliver{&group, copies, true, again});
}

void Redelivery::on_read(const ReadToRedeliver& reason, const ReadResult& result, Now now) {
  Group& group = *reason.group;
  desk_.touch(group);
  FoundEvents events = sort_out(reason.seqs, reason.copies, result);
  const auto wanted = reason.again ? RetryEntry::State::flying : RetryEntry::State::reading;
  const auto entry_of = [&](Seq seq) -> RetryEntry* {
    RetryEntry* entry = group.retries.find(seq);
    return entry != nullptr && entry->state == wanted ? entry : nullptr;
  };
  if (result.error) {
    group.read_again = now.steady + read_again;
    desk_.notice_rarely(Level::error, "journal.read_failed", result.error->describe(), now);
  }
  for (const Seq seq : events.unread) {
    if (RetryEntry* entry = entry_of(seq); entry != nullptr && !reason.again) {
      group.retries.wait(seq, *entry, entry->due);
    }
  }
  for (const Seq seq : events.missing) {
    if (entry_of(seq) != nullptr) expire_entry(desk_, group, seq, now);
  }
  std::map<SessionId, std::vector<std::pair<Seq, Batch>>> ready;
  for (auto& [seq, batch] : events.found) {
    RetryEntry* entry = entry_of(seq);
    if (entry == nullptr) continue;
    correct_slot(group, seq, *entry, batch);
    const Session* session = owner(group, entry->slot);
    if (session == nullptr || (!reason.again && group.retries.is_behind(seq, *entry))) {
      if (!reason.again) group.retries.wait(seq, *entry, entry->due);
      continue;
    }
    if (!reason.again) {
      group.retries.move(seq, *entry, RetryEntry::State::flying);
      desk_.save_retry(group, seq);
      entry->sent_in = desk_.batch_of_effects;
    }
    entry->seen = now.steady;
    ready[session->id].emplace_back(seq, std::move(batch));
  }
  for (const auto& [id, found] : ready) deliver(*desk_.sessions.find(id), found);
}

// A member may have named another slot than the event's: the record tells.
void Redelivery::correct_slot(Group& group, Seq seq, RetryEntry& entry, const Batch& batch) {
  std::vector<EventView> events;
  if (!decode_events(batch.view(), events) || events.size() != 1 || events[0].slot == entry.slot) return;
  group.retries.move_slot(seq, entry, events[0].slot);
  desk_.save_retry(group, seq);
}

void Redelivery::deliver(Session& session, const std::vector<std::pair<Seq, Batch>>& found) {
  Group& group = *session.group;
  Deliver deliver;
  std::size_t bytes = 0;
  const auto send = [&] {
    if (deliver.items.empty()) return;
    deliver.session = session.id;
    deliver.epoch = session.epoch;
    desk_.send(session.route, std::exchange(deliver, Deliver{}));
    bytes = 0;
  };
  for (const auto& [seq, batch] : found) {
    if (deliver.items.size() >= items_max || bytes + batch.size() > bytes_max) send();
    const RetryEntry& entry = *group.retries.find(seq);
    deliver.items.push_back({seq, entry.attempt(), entry.redrives});
    deliver.batches.push_back(batch);
    bytes += batch.size();
    ++group.redelivered;
    ++desk_.counters.redelivered;
  }
  send();
  if (group.isolation.active && group.isolation.keeper == session.id) {
    session.fetch.hurried = true;
    desk_.fetches_held = true;
  }
}

}  // namespace mesh::core
