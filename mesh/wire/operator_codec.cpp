// Operators' requests and their answers.
#include <mesh/wire/codec.hpp>
#include <mesh/wire/parts.hpp>

#include <algorithm>

#include <journal/topic.hpp>

namespace mesh::wire {
namespace {

void write(Writer& writer, const ParkedFilter& filter) {
  writer.array(4);
  wire::write(writer, filter.seqs);
  writer.text(filter.topic_prefix);
  if (filter.reason) {
    write_enum(writer, *filter.reason);
  } else {
    writer.nil();
  }
  if (filter.key) {
    writer.text(*filter.key);
  } else {
    writer.nil();
  }
}

ParkedFilter read_filter(Reader& reader) {
  ParkedFilter filter;
  reader.array("filter", 4, 4);
  filter.seqs = read_seqs(reader, "filter's seqs", parked_seqs_max);
  filter.topic_prefix = reader.text("filter's topic_prefix", topic_size_max);
  if (!reader.nil()) filter.reason = read_enum(reader, "filter's reason", reason_last);
  if (!reader.nil()) filter.key = reader.text("filter's key", key_size_max);
  return filter;
}

void write(Writer& writer, const Attempt& attempt) {
  writer.array(6);
  writer.uint(attempt.number);
  writer.sint(attempt.at);
  wire::write(writer, attempt.took);
  writer.text(attempt.member);
  write_enum(writer, attempt.reason);
  writer.text(clip_text(attempt.text, attempt_text_max));
}

Attempt read_attempt(Reader& reader) {
  Attempt attempt;
  reader.array("attempt", 6, 6);
  attempt.number = reader.uint32("attempt's number");
  attempt.at = reader.sint("attempt's time");
  attempt.took = read_duration(reader, "attempt's took");
  attempt.member = read_name(reader, "attempt's member", true);
  attempt.reason = read_enum(reader, "attempt's reason", reason_last);
  attempt.text = reader.text("attempt's text", attempt_text_max);
  return attempt;
}

ParkedEvent read_parked(Reader& reader) {
  ParkedEvent event;
  reader.array("event", 5, 5);
  event.seq = reader.uint("event's seq");
  event.parked_at = reader.sint("event's parked_at");
  event.reason = read_enum(reader, "event's reason", reason_last);
  event.redrives = reader.uint32("event's redrives");
  const std::size_t count = reader.array("event's attempts", 0, attempt_history_max);
  event.attempts.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) event.attempts.push_back(read_attempt(reader));
  return event;
}

void write(Writer& writer, const ParkedEvent& event) {
  writer.array(5);
  writer.uint(event.seq);
  writer.sint(event.parked_at);
  write_enum(writer, event.reason);
  writer.uint(event.redrives);
  writer.array(std::min(event.attempts.size(), attempt_history_max));
  for (std::size_t i = 0; i < event.attempts.size() && i < attempt_history_max; ++i) {
    write(writer, event.attempts[i]);
  }
}

}  // namespace

void write(Writer&, const InfoRequest&) {}

void read(Reader&, InfoRequest&) {}

void write(Writer& writer, const Info& info) {
  write(writer, info.origin);
  writer.text(clip_text(info.name, publisher_name_size_max));
  writer.uint(info.incarnation);
  writer.text(info.events);
  writer.uint(info.head);
  writer.uint(info.dropped_through);
  writer.uint(info.journal_bytes);
  writer.uint(info.group_count);
  writer.uint(info.session_count);
  writer.text(clip_text(info.version, version_size_max));
  writer.sint(info.time);
  writer.uint(info.journal_bytes_max);
  writer.uint(info.journal_owed_bytes);
  if (info.journal_full_in) {
    write(writer, *info.journal_full_in);
  } else {
    writer.nil();
  }
}

void read(Reader& reader, Info& info) {
  info.origin = read_origin(reader);
  info.name = reader.text("name", publisher_name_size_max);
  info.incarnation = reader.uint32("incarnation");
  info.events = reader.text("events", endpoint_size_max);
  info.head = reader.uint("head");
  info.dropped_through = reader.uint("dropped_through");
  info.journal_bytes = reader.uint("journal_bytes");
  info.group_count = reader.uint32("group_count");
  info.session_count = reader.uint32("session_count");
  if (reader.later > 0) info.version = reader.text("version", version_size_max);
  if (reader.later > 1) info.time = reader.sint("time");
  if (reader.later > 2) info.journal_bytes_max = reader.uint("journal_bytes_max");
  if (reader.later > 3) info.journal_owed_bytes = reader.uint("journal_owed_bytes");
  if (reader.later > 4 && !reader.nil()) info.journal_full_in = read_duration(reader, "journal_full_in");
}

void write(Writer&, const GroupsRequest&) {}

void read(Reader&, GroupsRequest&) {}

void write(Writer& writer, const GroupList& list) {
  writer.uint(list.head);
}

void read(Reader& reader, GroupList& list) {
  list.head = reader.uint("head");
}

void write(Writer& writer, const ParkedListRequest& request) {
  writer.text(request.group);
  write(writer, request.filter);
  writer.uint(request.after);
  writer.uint(request.limit);
}

void read(Reader& reader, ParkedListRequest& request) {
  request.group = read_name(reader, "group", false);
  request.filter = read_filter(reader);
  request.after = reader.uint("after");
  request.limit = static_cast<std::uint32_t>(reader.uint("limit", parked_list_max));
}

void write(Writer& writer, const ParkedList& list) {
  const std::size_t count = parked_fitting(list);
  writer.boolean(list.more || count < list.events.size());
  writer.array(count);
  for (std::size_t i = 0; i < count; ++i) write(writer, list.events[i]);
}

void read(Reader& reader, ParkedList& list) {
  list.more = reader.boolean("more");
  const std::size_t count = reader.array("events", 0, parked_list_max);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) list.events.push_back(read_parked(reader));
}

void write(Writer& writer, const ParkedCommand& command) {
  write_enum(writer, command.kind);
  writer.text(command.group);
  write(writer, command.filter);
  writer.boolean(command.dry_run);
}

void read(Reader& reader, ParkedCommand& command) {
  command.kind = read_enum(reader, "kind", ParkedCommand::Kind::discard);
  command.group = read_name(reader, "group", false);
  command.filter = read_filter(reader);
  command.dry_run = reader.boolean("dry_run");
}

void write(Writer& writer, const ParkedDone& done) {
  writer.uint(done.count);
  write(writer, done.seqs);
}

void read(Reader& reader, ParkedDone& done) {
  done.count = reader.uint("count");
  done.seqs = read_seqs(reader, "seqs", parked_list_max);
}

void write(Writer& writer, const GroupCommand& command) {
  write_enum(writer, command.kind);
  writer.text(command.group);
  write(writer, command.start);
  writer.boolean(command.dry_run);
  if (command.lease) {
    write(writer, *command.lease);
  } else {
    writer.nil();
  }
}

void read(Reader& reader, GroupCommand& command) {
  command.kind = read_enum(reader, "kind", GroupCommand::Kind::lease);
  command.group = read_name(reader, "group", false);
  command.start = read_start(reader);
  command.dry_run = reader.boolean("dry_run");
  if (reader.later > 0 && !reader.nil()) command.lease = read_duration(reader, "lease");
}

void write(Writer& writer, const GroupDone& done) {
  writer.uint(done.floor);
  writer.uint(done.lag);
  writer.uint(done.lag_before);
  writer.uint(done.retries);
  writer.uint(done.parked);
}

void read(Reader& reader, GroupDone& done) {
  done.floor = reader.uint("floor");
  done.lag = reader.uint("lag");
  done.lag_before = reader.uint("lag_before");
  done.retries = reader.uint("retries");
  done.parked = reader.uint("parked");
}

}  // namespace mesh::wire
