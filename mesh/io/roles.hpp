// The socket options of each role, in one place. Every value has a reason (roles.cpp); none is libzmq's
// default.
#pragma once

#include <journal/batch.hpp>
#include <mesh/io/socket.hpp>

namespace mesh::io {

/// Largest frame that a peer of these sockets may send: a batch, or one larger event, and its header.
std::size_t frame_size_max(std::size_t event_size_max);

/// Bound by the publisher; sends the live stream, reads subscriptions.
Result<Socket> open_events_out(const std::shared_ptr<Context>& context, int live_messages_max);
/// Bound by the publisher; members' requests and their answers.
Result<Socket> open_control_in(const std::shared_ptr<Context>& context, std::size_t event_size_max);
/// Connected by a consumer to one publisher's live stream.
Result<Socket> open_events_in(const std::shared_ptr<Context>& context, std::size_t event_size_max);
/// Connected by a consumer or an operator to one publisher.
Result<Socket> open_control_out(const std::shared_ptr<Context>& context, std::size_t event_size_max);

}  // namespace mesh::io
