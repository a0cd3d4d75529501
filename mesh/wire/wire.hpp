// Control and live messages <-> ZeroMQ frames. MessagePack; the grammar is PROTOCOL.md. Everything that is
// decoded is hostile: sizes, counts, depths and values are checked before memory is spent on them.
//
// Encoding never fails. Where a message holds more than a receiver would accept, what is left out is chosen
// so that the message stays true: the highest settled ranges (settled less is safe), the tail of a text, the
// rest of a parked list (`more`).
//
// Pure functions; any thread.
#pragma once

#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::wire {

/// Bounds on what is decoded, in bytes.
struct Limits {
  std::size_t frames_max = 1 + batches_max;        ///< of one message
  std::size_t frame_size_max = (1u << 20) + 4096;  ///< event_size_max + 4 KiB
  std::size_t header_size_max = 256u << 10;  ///< of a control header frame, and of a frame of group status
  std::size_t live_header_size_max = 32u << 10;  ///< of a live header frame
};

/// Frames of a control message as DEALER sends and gets them: a header, then a frame per batch (of a
/// ParkedList: per event's record; of a GroupList: per some groups).
std::vector<Bytes> encode(const ControlMessage& message);
/// Errors: protocol (with what was wrong), unsupported (a type of message this version does not know),
/// journal_damaged or journal_newer (a batch that does not verify).
Result<ControlMessage> decode(std::span<const Bytes> frames, const Limits& limits);

/// Whom to answer about a control message that does not decode, so that its sender learns of it.
struct Sender {
  std::uint64_t id = 0;
  SessionId session = 0;
};

/// Nothing when not even that can be read; then an answer would be of no use.
std::optional<Sender> sender_of(std::span<const Bytes> frames, const Limits& limits);

/// Frames of a live message: prefix, header, batch (none for a heartbeat).
std::vector<Bytes> encode_live(const LiveMessage& message);
/// Errors: protocol, journal_damaged, journal_newer.
Result<LiveMessage> decode_live(std::span<const Bytes> frames, const Limits& limits);

}  // namespace mesh::wire
