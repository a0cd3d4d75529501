#include <algorithm>

#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/key_order.hpp>
#include <mesh/core/publisher/parking.hpp>
#include <mesh/core/publisher/redelivery.hpp>

namespace mesh::core {

Result<ParkedIndex> index_of(const ParkedValue& value, Seq seq, std::size_t size) {
  const auto batch = parse_batch(value.batch.view());
  if (!batch) return batch.error();
  std::vector<EventView> events;
  if (auto decoded = decode_events(*batch, events); !decoded) return decoded.error();
  if (events.size() != 1 || events[0].seq != seq) {
    return fail(Errc::journal_damaged, "a parked event's record is not of its seq");
  }
  ParkedIndex index;
  index.reason = value.reason;
  index.redrives = value.redrives;
  index.size = size;
  index.slot = events[0].slot;
  index.topic = events[0].topic;
  if (events[0].key) index.key = std::string(*events[0].key);
  return index;
}

std::optional<Duration> Parking::next_deadline(const Group& group) const {
  if (group.retries.parking().empty() || group.retries.fetching() != 0) return std::nullopt;
  return group.read_again;
}

void Parking::pump(Group& group, Now now) {
  if (group.retries.parking().empty() || group.retries.fetching() != 0 || now.steady < group.read_again)
    return;
  std::vector<Seq> records, copies;
  for (const Seq seq : group.retries.parking()) {
    if (records.size() + copies.size() >= at_once) break;
    (group.retries.find(seq)->copied ? copies : records).push_back(seq);
  }
  const auto fetch = [&](const std::vector<Seq>& seqs) {
    for (const Seq seq : seqs) group.retries.move(seq, *group.retries.find(seq), RetryEntry::State::fetching);
  };
  fetch(records);
  fetch(copies);
  if (!records.empty()) desk_.ask(records_job(records), ReadToPark{&group, records, false});
  if (!copies.empty()) desk_.ask(copies_job(group, copies), ReadToPark{&group, copies, true});
}

void Parking::on_read(const ReadToPark& reason, const ReadResult& result, Now now) {
  Group& group = *reason.group;
  desk_.touch(group);
  const FoundEvents events = sort_out(reason.seqs, reason.copies, result);
  const auto entry_of = [&](Seq seq) -> RetryEntry* {
    RetryEntry* entry = group.retries.find(seq);
    return entry != nullptr && entry->state == RetryEntry::State::fetching ? entry : nullptr;
  };
  if (result.error) {
    group.read_again = now.steady + Redelivery::read_again;
    desk_.notice_rarely(Level::error, "journal.read_failed", result.error->describe(), now);
  }
  for (const Seq seq : events.unread) {
    if (RetryEntry* entry = entry_of(seq)) group.retries.move(seq, *entry, RetryEntry::State::parking);
  }
  for (const Seq seq : events.missing) {
    if (entry_of(seq) != nullptr) expire_entry(desk_, group, seq, now);
  }
  std::size_t count = 0;
  std::string example;
  for (const auto& [seq, batch] : events.found) {
    RetryEntry* entry = entry_of(seq);
    if (entry == nullptr) continue;
    if (count++ == 0) {
      example = "event " + std::to_string(seq) + " after " + std::to_string(entry->attempts) +
                " attempts: " + std::string(to_string(*entry->reason));
    }
    park(group, seq, *entry, batch, now);
  }
  if (count == 0) return;
  if (count > 1) example += ", and " + std::to_string(count - 1) + " more";
  desk_.notice(Level::warning, "event.parked", "group " + group.name + " parked " + example);
}

void Parking::park(Group& group, Seq seq, RetryEntry& entry, const Batch& batch, Now now) {
  if (entry.reason == Reason::key_parked && !is_behind_parked(group, seq, entry.key)) {
    // What it was to be parked behind has been put back meanwhile.
    group.retries.wait(seq, entry, now.steady);
    return desk_.save_retry(group, seq);
  }
  ParkedValue value;
  value.parked_at = now.wall;
  value.reason = *entry.reason;
  value.redrives = entry.redrives;
  value.history = entry.history;
  value.batch = batch.bytes;
  std::string bytes = encode_parked(value);
  auto index = index_of(value, seq, bytes.size());
  if (!index) {
    // It was verified when it was read, so this is a record that never was one of ours.
    group.retries.move(seq, entry, RetryEntry::State::parking);
    group.read_again = now.steady + Redelivery::read_again;
    return desk_.notice_rarely(Level::error, "journal.read_failed", index.error().describe(), now);
  }
  const KeyId key = key_id(index->key);
  group.parked.insert_or_assign(seq, std::move(*index));
  note_incident(group, {Incident::What::parked, seq, entry.attempts, entry.reason});
  desk_.write(Table::parked, event_key(group.name, seq), std::move(bytes));
  desk_.erase_retry(group, seq);
  keep_parked_in_line(desk_, group, key, seq, now);
  ++desk_.counters.parked;
}

}  // namespace mesh::core
