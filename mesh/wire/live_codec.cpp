// Live messages: [version, kind, origin, incarnation, first, last, head, chains, companions].
#include <journal/topic.hpp>
#include <mesh/wire/parts.hpp>
#include <mesh/wire/wire.hpp>

namespace mesh::wire {
namespace {

enum class Kind : std::uint8_t { events = 1, heartbeat = 2 };

constexpr std::size_t header_fields = 9;
constexpr std::size_t header_fields_max = header_fields + 16;
// One per length a prefix can have.
constexpr std::size_t chains_max = topic_size_max + 1;

void read_chains(Reader& reader, LiveMessage& message) {
  message.chains.resize(reader.array("chains", 0, chains_max));
  for (std::size_t i = 0; i < message.chains.size() && reader.ok(); ++i) {
    Chain& chain = message.chains[i];
    reader.array("chain", 2, 2);
    chain.length = static_cast<std::uint16_t>(reader.uint("chain's length", message.prefix.size()));
    chain.previous = reader.uint("chain's previous");
    if (i > 0 && chain.length <= message.chains[i - 1].length) reader.fail("chains", "are not in order");
  }
}

// What must hold between the fields, and between them and the batch's header.
const char* contradiction(const LiveMessage& message) {
  if (!message.batch) return message.first == 0 && message.last == 0 ? nullptr : "heartbeat has seqs";
  const BatchHeader& batch = message.batch->header;
  if (message.first == 0 || message.first > message.last) return "first and last are out of order";
  if (batch.first < message.first || batch.last > message.last) return "batch lies outside of first and last";
  if (batch.origin != message.origin) return "batch is of another origin";
  for (const Chain& chain : message.chains) {
    if (chain.previous >= message.first) return "chain does not lie before first";
  }
  return nullptr;
}

void write_header(Writer& writer, const LiveMessage& message) {
  writer.array(header_fields);
  writer.uint(protocol_version);
  write_enum(writer, message.batch ? Kind::events : Kind::heartbeat);
  write(writer, message.origin);
  writer.uint(message.incarnation);
  writer.uint(message.batch ? message.first : 0);
  writer.uint(message.batch ? message.last : 0);
  writer.uint(message.head);
  writer.array(message.chains.size());
  for (const Chain& chain : message.chains) {
    writer.array(2);
    writer.uint(chain.length);
    writer.uint(chain.previous);
  }
  if (!message.companions || message.companions->size() > companions_max) return writer.nil();
  write(writer, *message.companions);
}

}  // namespace

std::vector<Bytes> encode_live(const LiveMessage& message) {
  // Prefix and header share one buffer: this runs for each message of the live stream.
  Writer writer(message.prefix.size() + 64 + 11 * message.chains.size());
  writer.raw(as_bytes(message.prefix));
  write_header(writer, message);
  const Bytes both(writer.take());
  std::vector<Bytes> frames;
  frames.reserve(3);
  frames.emplace_back(both.view().first(message.prefix.size()), both.owner());
  frames.emplace_back(both.view().subspan(message.prefix.size()), both.owner());
  if (message.batch) frames.push_back(message.batch->bytes);
  return frames;
}

Result<LiveMessage> decode_live(std::span<const Bytes> frames, const Limits& limits) {
  if (frames.size() != 2 && frames.size() != 3)
    return fail(Errc::protocol, "live message: not 2 or 3 frames");
  LiveMessage message;
  const std::string_view prefix = as_text(frames[0].view());
  if (!check_prefix(prefix)) return fail(Errc::protocol, "live message: frame 0 is not a prefix");
  message.prefix = prefix;
  if (frames[1].size() > limits.live_header_size_max)
    return fail(Errc::protocol, "live message: header too large");
  Reader reader(frames[1].view(), "live message");
  const std::size_t count = reader.array("header", 1, header_fields_max);
  const std::uint64_t version = reader.uint("version");
  if (reader.ok() && version != protocol_version) {
    return fail(Errc::protocol, "live message: protocol version " + std::to_string(version) +
                                    ", but this side speaks only " + std::to_string(protocol_version));
  }
  if (count < header_fields) reader.fail("header", "has too few fields");
  const Kind kind = read_enum(reader, "kind", Kind::heartbeat);
  message.origin = read_origin(reader);
  message.incarnation = reader.uint32("incarnation");
  message.first = reader.uint("first");
  message.last = reader.uint("last");
  message.head = reader.uint("head");
  read_chains(reader, message);
  if (!reader.nil()) message.companions = read_prefixes(reader, "companions", companions_max);
  for (std::size_t i = header_fields; i < count && reader.ok(); ++i) reader.skip("unknown field");
  reader.finish();
  if (reader.ok() && (kind == Kind::events) != (frames.size() == 3))
    reader.fail("kind", "and frames disagree");
  if (!reader.ok()) return reader.error();
  if (frames.size() == 3) {
    auto batch = parse_batch(frames[2], limits.frame_size_max);
    if (!batch) return batch.error();
    message.batch = std::move(*batch);
  }
  if (const char* wrong = contradiction(message))
    return fail(Errc::protocol, std::string("live message: ") + wrong);
  return message;
}

}  // namespace mesh::wire
