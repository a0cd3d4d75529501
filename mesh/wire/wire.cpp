// The envelope, and which codec reads or writes the rest.
#include <mesh/wire/wire.hpp>

#include <mesh/wire/codec.hpp>

namespace mesh::wire {
namespace {

constexpr std::size_t envelope_fields = 4;
// A header may have this many fields more than this version knows; they are passed over.
constexpr std::size_t unknown_fields_max = 16;

struct Envelope {
  std::size_t count = 0;  ///< elements of the header's array
  std::uint64_t id = 0;
  SessionId session = 0;
};

template <class Message>
concept HasId = requires(Message message) {
  message.id;
};

template <class Message>
concept HasSession = requires(Message message) {
  message.session;
};

template <class Message>
concept HasFrames = requires(std::vector<Bytes>& frames, Message message) {
  append_frames(frames, message);
};

template <class Message>
std::vector<Bytes> encode_one(const Message& message) {
  Writer writer;
  writer.array(envelope_fields + shape<Message>.fields + shape<Message>.later);
  writer.uint(protocol_version);
  writer.uint(static_cast<std::uint64_t>(shape<Message>.type));
  if constexpr (HasId<Message>) {
    writer.uint(message.id);
  } else {
    writer.uint(0);
  }
  if constexpr (HasSession<Message>) {
    writer.uint(message.session);
  } else {
    writer.uint(0);
  }
  write(writer, message);
  std::vector<Bytes> frames;
  frames.emplace_back(writer.take());
  if constexpr (HasFrames<Message>) append_frames(frames, message);
  return frames;
}

template <class Message>
Result<ControlMessage> decode_one(Reader& reader, const Envelope& envelope, std::span<const Bytes> frames,
                                  const Limits& limits) {
  constexpr std::size_t fields = envelope_fields + shape<Message>.fields;
  reader.rename(shape<Message>.name);
  if (envelope.count < fields) reader.fail("message", "has too few fields");
  if (envelope.count > fields + shape<Message>.later + unknown_fields_max)
    reader.fail("message", "has too many fields");
  reader.later = std::min(envelope.count - std::min(envelope.count, fields), shape<Message>.later);
  Message message;
  if constexpr (HasId<Message>) message.id = envelope.id;
  if constexpr (HasSession<Message>) message.session = envelope.session;
  read(reader, message);
  for (std::size_t i = fields + reader.later; i < envelope.count && reader.ok(); ++i)
    reader.skip("unknown field");
  reader.finish();
  if (!reader.ok()) return reader.error();
  if constexpr (HasFrames<Message>) {
    const bool is_status = shape<Message>.type == Type::group_list;
    auto taken = take_frames(frames, is_status ? limits.header_size_max : limits.frame_size_max, message);
    if (!taken) return taken.error();
  } else if (!frames.empty()) {
    return fail(Errc::protocol, std::string(shape<Message>.name) + ": more than one frame");
  }
  return ControlMessage(std::move(message));
}

// Tries the alternatives of ControlMessage in turn.
template <std::size_t index = 0>
Result<ControlMessage> decode_type(std::uint64_t type, Reader& reader, const Envelope& envelope,
                                   std::span<const Bytes> frames, const Limits& limits) {
  if constexpr (index == std::variant_size_v<ControlMessage>) {
    return fail(Errc::unsupported, "control message: type " + std::to_string(type) + " is unknown");
  } else {
    using Message = std::variant_alternative_t<index, ControlMessage>;
    if (type == static_cast<std::uint64_t>(shape<Message>.type)) {
      return decode_one<Message>(reader, envelope, frames, limits);
    }
    return decode_type<index + 1>(type, reader, envelope, frames, limits);
  }
}

Result<void> check_frames(std::span<const Bytes> frames, const Limits& limits) {
  if (frames.empty()) return fail(Errc::protocol, "control message: no frames");
  if (frames.size() > limits.frames_max) return fail(Errc::protocol, "control message: too many frames");
  if (frames[0].size() > limits.header_size_max)
    return fail(Errc::protocol, "control message: header too large");
  for (const Bytes& frame : frames) {
    if (frame.size() > limits.frame_size_max) return fail(Errc::protocol, "control message: frame too large");
  }
  return {};
}

}  // namespace

std::vector<Bytes> encode(const ControlMessage& message) {
  return std::visit([](const auto& one) { return encode_one(one); }, message);
}

std::optional<Sender> sender_of(std::span<const Bytes> frames, const Limits& limits) {
  if (frames.empty() || frames[0].size() > limits.header_size_max) return std::nullopt;
  Reader reader(frames[0].view(), "control message");
  reader.array("header", envelope_fields, 64);
  reader.uint("version");
  reader.uint("type");
  const Sender sender{reader.uint("id"), reader.uint("session")};
  return reader.ok() ? std::optional(sender) : std::nullopt;
}

Result<ControlMessage> decode(std::span<const Bytes> frames, const Limits& limits) {
  if (auto checked = check_frames(frames, limits); !checked) return checked.error();
  Reader reader(frames[0].view(), "control message");
  Envelope envelope;
  envelope.count = reader.array("header", 2, 64);
  const std::uint64_t version = reader.uint("version");
  if (reader.ok() && version != protocol_version) {
    return fail(Errc::protocol, "control message: protocol version " + std::to_string(version) +
                                    ", but this side speaks only " + std::to_string(protocol_version));
  }
  const std::uint64_t type = reader.uint("type");
  if (reader.ok() && (envelope.count < envelope_fields)) reader.fail("header", "has too few fields");
  envelope.id = reader.uint("id");
  envelope.session = reader.uint("session");
  if (!reader.ok()) return reader.error();
  return decode_type(type, reader, envelope, frames.subspan(1), limits);
}

}  // namespace mesh::wire
