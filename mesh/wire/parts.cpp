#include <algorithm>
#include <limits>

#include <journal/topic.hpp>
#include <mesh/model/range_set.hpp>
#include <mesh/wire/parts.hpp>

namespace mesh::wire {
namespace {

// Texts of all verdicts of one message together, in bytes. With many failures at once each gets less.
constexpr std::size_t verdict_texts_max = 64u << 10;
// Ranges are left out where they would lie beyond this in a header.
constexpr std::size_t header_room = 224u << 10;

void write(Writer& writer, const Verdict& verdict, std::size_t text_max) {
  writer.array(verdict.key != 0 ? 10 : 9);
  write_enum(writer, verdict.kind);
  writer.uint(verdict.seq);
  writer.uint(verdict.attempt);
  writer.uint(verdict.redrives);
  write_enum(writer, verdict.reason);
  writer.text(clip_text(verdict.text, text_max));
  if (verdict.delay) {
    write(writer, *verdict.delay, delay_max);
  } else {
    writer.nil();
  }
  write(writer, verdict.took);
  writer.uint(verdict.slot);
  if (verdict.key != 0) writer.uint(verdict.key);
}

Verdict read_verdict(Reader& reader) {
  Verdict verdict;
  const std::size_t fields = reader.array("verdict", 9, 10);
  verdict.kind = read_enum(reader, "verdict's kind", Verdict::Kind::behind);
  verdict.seq = reader.uint("verdict's seq");
  verdict.attempt = reader.uint32("verdict's attempt");
  verdict.redrives = reader.uint32("verdict's redrives");
  verdict.reason = read_enum(reader, "verdict's reason", reason_last);
  verdict.text = reader.text("verdict's text", attempt_text_max);
  if (!reader.nil()) verdict.delay = read_duration(reader, "verdict's delay", delay_max);
  verdict.took = read_duration(reader, "verdict's took");
  verdict.slot = static_cast<Slot>(reader.uint("verdict's slot", slot_count - 1));
  if (fields > 9) verdict.key = reader.uint("verdict's key");
  return verdict;
}

}  // namespace

void write(Writer& writer, Duration duration, Duration max) {
  writer.sint(std::clamp(duration, Duration::zero(), max).count());
}

Duration read_duration(Reader& reader, std::string_view field, Duration max) {
  return Duration(reader.sint(field, 0, max.count()));
}

void write(Writer& writer, const Origin& origin) {
  writer.bin(std::as_bytes(std::span(origin.bytes)));
}

Origin read_origin(Reader& reader) {
  Origin origin;
  const ByteView view = reader.bin("origin", origin.bytes.size());
  if (view.size() != origin.bytes.size()) {
    reader.fail("origin", "is not 16 bytes");
    return origin;
  }
  std::ranges::transform(view, origin.bytes.begin(),
                         [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return origin;
}

std::string read_name(Reader& reader, std::string_view field, bool or_empty) {
  const std::string_view name = reader.text(field, group_name_size_max);
  if (!valid_name(name) && !(or_empty && name.empty())) reader.fail(field, "is not a valid name");
  return std::string(name);
}

void write(Writer& writer, const std::vector<std::string>& prefixes) {
  writer.array(prefixes.size());
  for (const std::string& prefix : prefixes) writer.text(prefix);
}

std::vector<std::string> read_prefixes(Reader& reader, std::string_view field, std::size_t count_max) {
  const std::size_t count = reader.array(field, 0, count_max);
  std::vector<std::string> prefixes;
  prefixes.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view prefix = reader.text(field, topic_size_max);
    if (!check_prefix(prefix)) reader.fail(field, "hold an invalid prefix");
    prefixes.emplace_back(prefix);
  }
  return prefixes;
}

void write(Writer& writer, const SlotLedger& ledger) {
  // What touches is joined, and order restored, whatever the ledger looks like: skip is never 0.
  const std::size_t room = header_room > writer.size() ? header_room - writer.size() : 0;
  const std::size_t bytes_max = std::min(writer.range_bytes_left, room);
  RangeSet settled(ledger.floor);
  for (const SeqRange& range : ledger.above) settled.add(range);
  Writer ranges;
  std::size_t count = 0;
  Seq before = settled.floor();
  for (const SeqRange& range : settled.above()) {
    if (writer.ranges_left == 0 || ranges.size() + 18 > bytes_max) break;
    ranges.uint(range.first - before - 1);
    ranges.uint(range.last - range.first);
    before = range.last;
    --writer.ranges_left;
    ++count;
  }
  writer.range_bytes_left -= std::min(writer.range_bytes_left, ranges.size());
  writer.array(3);
  writer.uint(ledger.slots);
  writer.uint(settled.floor());
  writer.array(2 * count);
  writer.raw(ranges.take());
}

SlotLedger read_ledger(Reader& reader) {
  SlotLedger ledger;
  reader.array("ledger", 3, 3);
  ledger.slots = reader.uint("ledger's slots");
  ledger.floor = reader.uint("ledger's floor");
  const std::size_t count = reader.array("ledger's ranges", 0, 2 * reader.ranges_left);
  if (count % 2 != 0) reader.fail("ledger's ranges", "are not pairs");
  reader.ranges_left -= count / 2;
  ledger.above.reserve(count / 2);
  Seq before = ledger.floor;
  for (std::size_t i = 0; i < count / 2 && reader.ok(); ++i) {
    const std::uint64_t skip = reader.uint("ledger's range");
    const std::uint64_t extent = reader.uint("ledger's range");
    // before + 1 + skip + extent must not wrap.
    std::uint64_t room = std::numeric_limits<Seq>::max() - before;
    if (skip == 0 || skip >= room || extent > room - skip - 1) {
      reader.fail("ledger's range", "is out of range");
      break;
    }
    const Seq first = before + 1 + skip;
    before = first + extent;
    ledger.above.push_back({first, before});
  }
  return ledger;
}

void write(Writer& writer, const std::vector<SlotLedger>& ledgers) {
  writer.array(ledgers.size());
  for (const SlotLedger& ledger : ledgers) write(writer, ledger);
}

std::vector<SlotLedger> read_ledgers(Reader& reader) {
  const std::size_t count = reader.array("ledgers", 0, slot_count);
  std::vector<SlotLedger> ledgers;
  ledgers.reserve(count);
  SlotMask seen = 0;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    ledgers.push_back(read_ledger(reader));
    if ((ledgers.back().slots & seen) != 0) reader.fail("ledgers", "overlap");
    seen |= ledgers.back().slots;
  }
  return ledgers;
}

void write(Writer& writer, const std::vector<HeldEvent>& held) {
  // What is not named is sent again, so leaving the rest out is safe.
  const std::size_t count = std::min(held.size(), held_max);
  writer.array(count);
  for (std::size_t i = 0; i < count; ++i) {
    writer.array(3);
    writer.uint(held[i].seq);
    writer.uint(held[i].attempt);
    writer.uint(held[i].redrives);
  }
}

std::vector<HeldEvent> read_held(Reader& reader) {
  const std::size_t count = reader.array("held", 0, held_max);
  std::vector<HeldEvent> held(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    reader.array("held", 3, 3);
    held[i].seq = reader.uint("held seq");
    held[i].attempt = reader.uint32("held attempt");
    held[i].redrives = reader.uint32("held redrives");
  }
  return held;
}

void write(Writer& writer, const std::vector<Verdict>& verdicts) {
  writer.array(verdicts.size());
  const std::size_t text_max =
      std::min(attempt_text_max, verdict_texts_max / std::max<std::size_t>(verdicts.size(), 1));
  for (const Verdict& verdict : verdicts) write(writer, verdict, text_max);
}

std::vector<Verdict> read_verdicts(Reader& reader) {
  const std::size_t count = reader.array("verdicts", 0, verdicts_max);
  std::vector<Verdict> verdicts;
  verdicts.reserve(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) verdicts.push_back(read_verdict(reader));
  return verdicts;
}

void write(Writer& writer, const std::vector<Seq>& seqs) {
  writer.array(seqs.size());
  for (const Seq seq : seqs) writer.uint(seq);
}

std::vector<Seq> read_seqs(Reader& reader, std::string_view field, std::size_t count_max) {
  const std::size_t count = reader.array(field, 0, count_max);
  std::vector<Seq> seqs(count);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) seqs[i] = reader.uint(field);
  return seqs;
}

void write(Writer& writer, const Start& start) {
  writer.array(3);
  write_enum(writer, start.kind);
  writer.uint(start.seq);
  writer.sint(start.time);
}

Start read_start(Reader& reader) {
  Start start;
  reader.array("start", 3, 3);
  start.kind = read_enum(reader, "start's kind", Start::Kind::time);
  start.seq = reader.uint("start's seq");
  start.time = reader.sint("start's time");
  return start;
}

}  // namespace mesh::wire
