// welcome, grant, events, deliver, acked, unblock, released, detached, refused.
#include <mesh/wire/codec.hpp>
#include <mesh/wire/parts.hpp>

namespace mesh::wire {
namespace {

// A code that a later version of the other side gave.
Errc known(std::uint64_t code) {
  return code == 0 || code > static_cast<std::uint64_t>(errc_last) ? Errc::unsupported
                                                                   : static_cast<Errc>(code);
}

}  // namespace

void write(Writer& writer, const Welcome& welcome) {
  write(writer, welcome.origin);
  writer.text(clip_text(welcome.name, publisher_name_size_max));
  writer.uint(welcome.incarnation);
  writer.text(welcome.events);
  writer.uint(welcome.head);
  write(writer, welcome.lease);
  writer.uint(welcome.epoch);
  writer.uint(welcome.slots);
  writer.uint(welcome.release);
  writer.boolean(welcome.resumed);
  writer.uint(welcome.position);
  write(writer, welcome.settled);
  writer.uint(welcome.redelivered_through);
  write(writer, welcome.blocked);
}

void read(Reader& reader, Welcome& welcome) {
  welcome.origin = read_origin(reader);
  welcome.name = reader.text("name", publisher_name_size_max);
  welcome.incarnation = reader.uint32("incarnation");
  welcome.events = reader.text("events", endpoint_size_max);
  welcome.head = reader.uint("head");
  welcome.lease = read_duration(reader, "lease");
  welcome.epoch = reader.uint("epoch");
  welcome.slots = reader.uint("slots");
  welcome.release = reader.uint("release");
  welcome.resumed = reader.boolean("resumed");
  welcome.position = reader.uint("position");
  welcome.settled = read_ledgers(reader);
  welcome.redelivered_through = reader.uint("redelivered_through");
  if (reader.later > 0) welcome.blocked = read_seqs(reader, "blocked", blocked_keys_told_max);
}

void write(Writer& writer, const Grant& grant) {
  writer.uint(grant.head);
  writer.uint(grant.epoch);
  writer.uint(grant.slots);
  writer.uint(grant.release);
  writer.uint(grant.position);
  write(writer, grant.settled);
  writer.uint(grant.redelivered_through);
  write(writer, grant.blocked);
}

void read(Reader& reader, Grant& grant) {
  grant.head = reader.uint("head");
  grant.epoch = reader.uint("epoch");
  grant.slots = reader.uint("slots");
  grant.release = reader.uint("release");
  grant.position = reader.uint("position");
  grant.settled = read_ledgers(reader);
  grant.redelivered_through = reader.uint("redelivered_through");
  if (reader.later > 0) grant.blocked = read_seqs(reader, "blocked", blocked_keys_told_max);
}

void write(Writer& writer, const Events& events) {
  writer.uint(events.epoch);
  writer.uint(events.slots);
  writer.uint(events.after);
  writer.uint(events.through);
  writer.uint(events.head);
  writer.uint(events.redelivered_through);
  if (!events.expired) return writer.nil();
  writer.array(2);
  writer.uint(events.expired->first);
  writer.uint(events.expired->last);
}

void read(Reader& reader, Events& events) {
  events.epoch = reader.uint("epoch");
  events.slots = reader.uint("slots");
  events.after = reader.uint("after");
  events.through = reader.uint("through");
  events.head = reader.uint("head");
  events.redelivered_through = reader.uint("redelivered_through");
  if (reader.ok() && events.through < events.after) reader.fail("through", "is below after");
  if (reader.nil()) return;
  reader.array("expired", 2, 2);
  events.expired = SeqRange{reader.uint("expired"), 0};
  events.expired->last = reader.uint("expired");
  if (events.expired->empty() || events.expired->last > events.through)
    reader.fail("expired", "is out of range");
}

void write(Writer& writer, const Deliver& deliver) {
  writer.uint(deliver.epoch);
  writer.array(deliver.items.size());
  for (const Redelivery& item : deliver.items) {
    writer.array(3);
    writer.uint(item.seq);
    writer.uint(item.attempt);
    writer.uint(item.redrives);
  }
}

void read(Reader& reader, Deliver& deliver) {
  deliver.epoch = reader.uint("epoch");
  deliver.items.resize(reader.array("items", 0, redeliveries_max));
  for (Redelivery& item : deliver.items) {
    if (!reader.ok()) break;
    reader.array("item", 3, 3);
    item.seq = reader.uint("item's seq");
    item.attempt = reader.uint32("item's attempt");
    item.redrives = reader.uint32("item's redrives");
  }
}

void write(Writer& writer, const Acked& acked) {
  writer.boolean(acked.stale);
  writer.uint(acked.head);
}

void read(Reader& reader, Acked& acked) {
  acked.stale = reader.boolean("stale");
  acked.head = reader.uint("head");
}

void write(Writer& writer, const Released& released) {
  writer.uint(released.slots);
}

void read(Reader& reader, Released& released) {
  released.slots = reader.uint("slots");
}

void write(Writer& writer, const Unblock& unblock) {
  writer.uint(unblock.epoch);
  writer.uint(unblock.through);
  write(writer, unblock.keys);
}

void read(Reader& reader, Unblock& unblock) {
  unblock.epoch = reader.uint("epoch");
  unblock.through = reader.uint("through");
  unblock.keys = read_seqs(reader, "keys", blocked_keys_told_max);
}

void write(Writer&, const Detached&) {}

void read(Reader&, Detached&) {}

void write(Writer& writer, const Refused& refused) {
  write_enum(writer, refused.code);
  writer.text(clip_text(refused.text, attempt_text_max));
}

void read(Reader& reader, Refused& refused) {
  refused.code = known(reader.uint("code", 0xffff'ffff));
  refused.text = reader.text("text", attempt_text_max);
}

}  // namespace mesh::wire
