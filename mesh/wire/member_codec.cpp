// hello, fetch, ack, release, detach.
#include <algorithm>

#include <mesh/wire/codec.hpp>
#include <mesh/wire/parts.hpp>

namespace mesh::wire {
namespace {

void write(Writer& writer, const RetryPolicy& policy) {
  const bool ordered = policy.order != Order::none;
  writer.array(ordered ? 6 : 4);
  writer.array(policy.backoff.size());
  for (const Duration delay : policy.backoff) wire::write(writer, delay, delay_max);
  writer.real(policy.jitter);
  writer.uint(policy.attempts_max);
  wire::write(writer, policy.ack_wait);
  if (!ordered) return;
  writer.uint(static_cast<std::uint64_t>(policy.order));
  writer.uint(static_cast<std::uint64_t>(policy.on_park));
}

RetryPolicy read_policy(Reader& reader) {
  RetryPolicy policy;
  const std::size_t fields = reader.array("policy", 4, 6);
  policy.backoff.resize(reader.array("backoff", 1, backoff_max));
  for (Duration& delay : policy.backoff) delay = read_duration(reader, "backoff", delay_max);
  policy.jitter = reader.real("jitter");
  policy.attempts_max = reader.uint32("attempts_max");
  policy.ack_wait = read_duration(reader, "ack_wait");
  if (fields > 4) policy.order = static_cast<Order>(reader.uint("order", 1));
  if (fields > 5) policy.on_park = static_cast<OnPark>(reader.uint("on_park", 1));
  if (auto checked = check_policy(policy); !checked) reader.fail("policy:", checked.error().text);
  return policy;
}

void write(Writer& writer, const std::optional<Resume>& resume) {
  if (!resume) return writer.nil();
  writer.array(4);
  writer.uint(resume->epoch);
  writer.uint(resume->slots);
  wire::write(writer, resume->settled);
  wire::write(writer, resume->held);
}

std::optional<Resume> read_resume(Reader& reader) {
  if (reader.nil()) return std::nullopt;
  Resume resume;
  reader.array("resume", 4, 4);
  resume.epoch = reader.uint("resume's epoch");
  resume.slots = reader.uint("resume's slots");
  resume.settled = read_ledgers(reader);
  resume.held = read_held(reader);
  return resume;
}

}  // namespace

void write(Writer& writer, const Hello& hello) {
  writer.text(hello.group);
  writer.text(hello.member);
  writer.bin(std::as_bytes(std::span(hello.instance)));
  write(writer, hello.prefixes);
  write(writer, hello.start);
  write(writer, hello.policy);
  write(writer, hello.resume);
}

void read(Reader& reader, Hello& hello) {
  hello.group = read_name(reader, "group", true);
  hello.member = read_name(reader, "member", false);
  const ByteView instance = reader.bin("instance", hello.instance.size());
  if (instance.size() != hello.instance.size()) {
    reader.fail("instance", "is not 16 bytes");
  } else {
    std::ranges::transform(instance, hello.instance.begin(),
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  }
  hello.prefixes = read_prefixes(reader, "prefixes", prefixes_max);
  hello.start = read_start(reader);
  hello.policy = read_policy(reader);
  hello.resume = read_resume(reader);
}

void write(Writer& writer, const Fetch& fetch) {
  writer.uint(fetch.epoch);
  writer.uint(fetch.after);
  writer.uint(fetch.upto);
  writer.uint(fetch.slots);
  writer.uint(fetch.credit);
  writer.boolean(fetch.wait);
}

void read(Reader& reader, Fetch& fetch) {
  fetch.epoch = reader.uint("epoch");
  fetch.after = reader.uint("after");
  fetch.upto = reader.uint("upto");
  fetch.slots = reader.uint("slots");
  fetch.credit = reader.uint32("credit");
  fetch.wait = reader.boolean("wait");
}

void write(Writer& writer, const Ack& ack) {
  writer.uint(ack.epoch);
  write(writer, ack.settled);
  write(writer, ack.verdicts);
  write(writer, ack.held);
}

void read(Reader& reader, Ack& ack) {
  ack.epoch = reader.uint("epoch");
  ack.settled = read_ledgers(reader);
  ack.verdicts = read_verdicts(reader);
  ack.held = read_held(reader);
}

void write(Writer& writer, const Detach& detach) {
  writer.uint(detach.epoch);
  write(writer, detach.settled);
  write(writer, detach.verdicts);
  writer.boolean(detach.untouched);
}

void read(Reader& reader, Detach& detach) {
  detach.epoch = reader.uint("epoch");
  detach.settled = read_ledgers(reader);
  detach.verdicts = read_verdicts(reader);
  detach.untouched = reader.boolean("untouched");
}

void write(Writer& writer, const Release& release) {
  writer.uint(release.epoch);
  writer.uint(release.slots);
  write(writer, release.settled);
}

void read(Reader& reader, Release& release) {
  release.epoch = reader.uint("epoch");
  release.slots = reader.uint("slots");
  release.settled = read_ledgers(reader);
}

}  // namespace mesh::wire
