// Bytes <-> zmq_msg_t without copying what is large.
#pragma once

#include <zmq.h>

#include <journal/identity.hpp>

namespace mesh::io {

/// From this size on a frame is sent and received without a copy; below, copying is cheaper than sharing.
inline constexpr std::size_t zero_copy_min = 1024;

/// Makes `message` (uninitialised) carry the bytes: shares them, and releases their owner on whichever thread
/// ZeroMQ drops the message. False: out of memory.
bool make_message(zmq_msg_t& message, const Bytes& bytes);

/// Takes a received message's content over; `message` is empty afterwards.
Bytes take_message(zmq_msg_t& message);

}  // namespace mesh::io
