// The frames after a header: batches, parked records, group status.
#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/wire/codec.hpp>
#include <mesh/wire/parts.hpp>

namespace mesh::wire {
namespace {

// Bytes of a frame of group status, at most. One status has at most 245 KiB.
constexpr std::size_t status_frame_max = 250u << 10;
constexpr std::size_t status_fields = 26;
constexpr std::size_t status_fields_min = 14;  // the others were appended later
constexpr std::size_t members_max = 256;
constexpr std::size_t groups_max = 65'536;
// An open array may have this many fields more than this version knows; they are passed over.
constexpr std::size_t status_fields_max = status_fields + 16;
// Bytes of a parked list's header, and of all its frames, that are sent at most.
constexpr std::size_t parked_header_target = 192u << 10;
constexpr std::size_t parked_records_target = 8u << 20;

Result<void> take_batches(std::span<const Bytes> frames, std::size_t frame_size_max,
                          std::vector<Batch>& batches) {
  if (frames.size() > batches_max) return fail(Errc::protocol, "too many batches");
  batches.reserve(frames.size());
  for (const Bytes& frame : frames) {
    auto batch = parse_batch(frame, frame_size_max);
    if (!batch) return batch.error();
    batches.push_back(std::move(*batch));
  }
  return {};
}

void write(Writer& writer, const std::vector<FetchedRange>& fetched) {
  const std::size_t count = std::min(fetched.size(), fetched_ranges_max);
  writer.array(count);
  for (std::size_t i = 0; i < count; ++i) {
    writer.array(5);
    writer.text(fetched[i].member);
    writer.uint(fetched[i].slots);
    writer.uint(fetched[i].seqs.first);
    writer.uint(fetched[i].seqs.last);
    writer.sint(fetched[i].at);
  }
}

std::vector<FetchedRange> read_fetched(Reader& reader) {
  std::vector<FetchedRange> fetched(reader.array("fetched", 0, fetched_ranges_max));
  for (FetchedRange& range : fetched) {
    reader.array("fetched range", 5, 5);
    range.member = read_name(reader, "fetched range's member", false);
    range.slots = reader.uint("fetched range's slots");
    range.seqs.first = reader.uint("fetched range's first");
    range.seqs.last = reader.uint("fetched range's last");
    range.at = reader.sint("fetched range's time");
  }
  return fetched;
}

void write(Writer& writer, const std::vector<Incident>& incidents) {
  const std::size_t count = std::min(incidents.size(), incidents_told_max);
  writer.array(count);
  for (std::size_t i = 0; i < count; ++i) {
    writer.array(4);
    write_enum(writer, incidents[i].what);
    writer.uint(incidents[i].seq);
    writer.uint(incidents[i].attempt);
    if (incidents[i].reason) {
      write_enum(writer, *incidents[i].reason);
    } else {
      writer.nil();
    }
  }
}

std::vector<Incident> read_incidents(Reader& reader) {
  std::vector<Incident> incidents(reader.array("incidents", 0, incidents_told_max));
  for (Incident& incident : incidents) {
    reader.array("incident", 4, 4);
    incident.what = read_enum(reader, "incident's kind", Incident::What::discarded);
    incident.seq = reader.uint("incident's seq");
    incident.attempt = reader.uint32("incident's attempt");
    if (!reader.nil()) incident.reason = read_enum(reader, "incident's reason", reason_last);
  }
  return incidents;
}

void write(Writer& writer, const GroupStatus& status) {
  writer.array(status_fields);
  writer.text(status.group);
  wire::write(writer, status.prefixes);
  writer.uint(status.floor);
  writer.uint(status.lag);
  writer.uint(status.in_flight);
  writer.uint(status.waiting);
  writer.uint(status.parked);
  writer.uint(status.expired);
  writer.uint(status.retried);
  writer.uint(status.redelivered);
  writer.uint(status.stale);
  writer.uint(status.oldest_unsettled);
  if (status.oldest_age) {
    wire::write(writer, *status.oldest_age);
  } else {
    writer.nil();
  }
  const std::size_t members = std::min(status.members.size(), members_max);
  writer.array(members);
  for (std::size_t i = 0; i < members; ++i) {
    writer.array(4);
    writer.text(status.members[i].member);
    writer.uint(status.members[i].slots);
    wire::write(writer, status.members[i].idle);
    writer.uint(status.members[i].lag);
  }
  if (status.fetched_after) {
    writer.uint(*status.fetched_after);
  } else {
    writer.nil();
  }
  write(writer, status.fetched);
  writer.uint(status.incidents);
  write(writer, status.newest);
  writer.boolean(status.paused);
  writer.uint(status.reserved);
  if (status.lease) {
    wire::write(writer, *status.lease);
  } else {
    writer.nil();
  }
  wire::write(writer, status.unattended);
  writer.uint(static_cast<std::uint8_t>(status.order));
  writer.uint(static_cast<std::uint8_t>(status.on_park));
  writer.uint(status.attempts_max);
  writer.boolean(status.owed);
}

GroupStatus read_status(Reader& reader) {
  GroupStatus status;
  const std::size_t fields = reader.array("status", status_fields_min, status_fields_max);
  status.group = read_name(reader, "group", false);
  status.prefixes = read_prefixes(reader, "prefixes", prefixes_max);
  status.floor = reader.uint("floor");
  status.lag = reader.uint("lag");
  status.in_flight = reader.uint("in_flight");
  status.waiting = reader.uint("waiting");
  status.parked = reader.uint("parked");
  status.expired = reader.uint("expired");
  status.retried = reader.uint("retried");
  status.redelivered = reader.uint("redelivered");
  status.stale = reader.uint("stale");
  status.oldest_unsettled = reader.uint("oldest_unsettled");
  if (!reader.nil()) status.oldest_age = read_duration(reader, "oldest_age");
  const std::size_t count = reader.array("members", 0, members_max);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::size_t told = reader.array("member", 3, 4);
    MemberStatus member;
    member.member = read_name(reader, "member", false);
    member.slots = reader.uint("slots");
    member.idle = read_duration(reader, "idle");
    if (told > 3) member.lag = reader.uint("member's lag");
    status.members.push_back(std::move(member));
  }
  const auto has = [&](std::size_t field) { return fields > field && reader.ok(); };
  if (has(14) && !reader.nil()) status.fetched_after = reader.uint("fetched_after");
  if (has(15)) status.fetched = read_fetched(reader);
  if (has(16)) status.incidents = reader.uint("incidents");
  if (has(17)) status.newest = read_incidents(reader);
  if (has(18)) status.paused = reader.boolean("paused");
  if (has(19)) status.reserved = reader.uint("reserved");
  if (has(20) && !reader.nil()) status.lease = read_duration(reader, "lease");
  if (has(21)) status.unattended = read_duration(reader, "unattended");
  if (has(22)) status.order = static_cast<Order>(reader.uint("order", 1));
  if (has(23)) status.on_park = static_cast<OnPark>(reader.uint("on_park", 1));
  if (has(24)) status.attempts_max = reader.uint32("attempts_max");
  if (has(25)) status.owed = reader.boolean("owed");
  for (std::size_t i = status_fields; i < fields && reader.ok(); ++i) reader.skip("status");
  return status;
}

std::size_t header_size(const ParkedEvent& event) {
  std::size_t size = 64;
  for (const Attempt& attempt : event.attempts) size += 64 + attempt.member.size() + attempt.text.size();
  return size;
}

// A record is an array of 7, of which the first is the event's seq.
bool is_record(const Bytes& bytes, Seq seq) {
  Reader reader(bytes.view(), "record");
  reader.array("record", 7, 7);
  const bool same = reader.uint("seq") == seq;
  for (int i = 1; i < 7; ++i) reader.skip("field");
  reader.finish();
  return reader.ok() && same;
}

}  // namespace

void append_frames(std::vector<Bytes>& frames, const Events& events) {
  for (const Batch& batch : events.batches) frames.push_back(batch.bytes);
}

Result<void> take_frames(std::span<const Bytes> frames, std::size_t frame_size_max, Events& events) {
  if (auto taken = take_batches(frames, frame_size_max, events.batches); !taken) return taken;
  Seq before = 0;
  for (const Batch& batch : events.batches) {
    if (batch.header.first <= before) return fail(Errc::protocol, "events: batches are not in order");
    before = batch.header.last;
  }
  if (before > events.through) return fail(Errc::protocol, "events: a batch lies beyond through");
  return {};
}

void append_frames(std::vector<Bytes>& frames, const Deliver& deliver) {
  for (const Batch& batch : deliver.batches) frames.push_back(batch.bytes);
}

Result<void> take_frames(std::span<const Bytes> frames, std::size_t frame_size_max, Deliver& deliver) {
  if (auto taken = take_batches(frames, frame_size_max, deliver.batches); !taken) return taken;
  std::uint64_t count = 0;
  for (const Batch& batch : deliver.batches) count += batch.header.count;
  if (count != deliver.items.size())
    return fail(Errc::protocol, "deliver: items and records differ in number");
  return {};
}

void append_frames(std::vector<Bytes>& frames, const GroupList& list) {
  for (std::size_t at = 0; at < list.groups.size();) {
    Writer statuses;
    std::size_t count = 0;
    for (; at < list.groups.size(); ++at, ++count) {
      Writer status;
      write(status, list.groups[at]);
      if (count > 0 && statuses.size() + status.size() > status_frame_max) break;
      statuses.raw(status.take());
    }
    Writer frame(statuses.size() + 5);
    frame.array(count);
    frame.raw(statuses.take());
    frames.emplace_back(frame.take());
  }
}

Result<void> take_frames(std::span<const Bytes> frames, std::size_t header_size_max, GroupList& list) {
  for (const Bytes& frame : frames) {
    if (frame.size() > header_size_max) return fail(Errc::protocol, "group list: a frame is too large");
    Reader reader(frame.view(), "group list");
    const std::size_t count = reader.array("groups", 0, groups_max - list.groups.size());
    for (std::size_t i = 0; i < count && reader.ok(); ++i) list.groups.push_back(read_status(reader));
    reader.finish();
    if (!reader.ok()) return reader.error();
  }
  return {};
}

std::size_t parked_fitting(const ParkedList& list) {
  std::size_t count = 0;
  std::size_t header = 0;
  std::size_t records = 0;
  while (count < list.events.size() && count < parked_list_max) {
    header += header_size(list.events[count]);
    records += list.events[count].record.size();
    if (count > 0 && (header > parked_header_target || records > parked_records_target)) break;
    ++count;
  }
  return count;
}

void append_frames(std::vector<Bytes>& frames, const ParkedList& list) {
  const std::size_t count = parked_fitting(list);
  for (std::size_t i = 0; i < count; ++i) frames.push_back(list.events[i].record);
}

Result<void> take_frames(std::span<const Bytes> frames, std::size_t, ParkedList& list) {
  if (frames.size() != list.events.size()) {
    return fail(Errc::protocol, "parked list: events and records differ in number");
  }
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!is_record(frames[i], list.events[i].seq)) return fail(Errc::protocol, "parked list: not a record");
    list.events[i].record = frames[i];
  }
  return {};
}

}  // namespace mesh::wire
