// Control and live messages <-> ZeroMQ frames. MessagePack; the grammar is PROTOCOL.md. Everything that is
// decoded is hostile: sizes, counts, depths and values are checked before memory is spent on them.
#pragma once

#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::wire {

/// Bounds on what is decoded, in bytes.
struct Limits {
  std::size_t frames_max = 64;                     ///< of one message
  std::size_t frame_size_max = (1u << 20) + 4096;  ///< event_size_max + 4 KiB
  std::size_t header_size_max = 1u << 20;          ///< of a control header frame
};

/// Frames of a control message as DEALER sends and gets them: a header, then a frame per batch.
std::vector<Bytes> encode(const ControlMessage& message);
/// Errors: protocol (with what was wrong), journal_damaged (a batch that does not verify).
Result<ControlMessage> decode(std::span<const Bytes> frames, const Limits& limits);

/// Frames of a live message: prefix, header, batch (none for a heartbeat).
std::vector<Bytes> encode_live(const LiveMessage& message);
Result<LiveMessage> decode_live(std::span<const Bytes> frames, const Limits& limits);

}  // namespace mesh::wire
