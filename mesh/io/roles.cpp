#include <mesh/io/roles.hpp>

#include <zmq.h>

#include <algorithm>

namespace mesh::io {

namespace {

constexpr int control_messages_max = 1000;  ///< per peer and direction
/// Batches of up to 256 KiB. The publisher keeps more, and the journal the rest.
constexpr int live_received_max = 32;
constexpr int subscription_size_max = 1024;
constexpr int backlog = 1024;

struct Option {
  int option;
  int value;
};

Result<Socket> open(const std::shared_ptr<Context>& context, int type, std::int64_t message_size_max,
                    std::initializer_list<Option> options) {
  auto socket = Socket::open(context, type);
  if (!socket) return socket;
  // Without a limit an unauthenticated peer can fill memory with one announced frame.
  if (auto set = socket->set(ZMQ_MAXMSGSIZE, message_size_max); !set) return set.error();
  // Heartbeats notice half-open connections in about 6 s; TCP alone would take minutes. The short handshake
  // time closes peers that connect and stay silent.
  const Option common[] = {{ZMQ_HEARTBEAT_IVL, 2000},
                           {ZMQ_HEARTBEAT_TIMEOUT, 6000},
                           {ZMQ_HEARTBEAT_TTL, 6000},
                           {ZMQ_HANDSHAKE_IVL, 2000}};
  for (const auto& [option, value] : common)
    if (auto set = socket->set(option, value); !set) return set.error();
  for (const auto& [option, value] : options)
    if (auto set = socket->set(option, value); !set) return set.error();
  return socket;
}

std::int64_t message_size_max(std::size_t event_size_max) {
  return static_cast<std::int64_t>(frame_size_max(event_size_max));
}

}  // namespace

std::size_t frame_size_max(std::size_t event_size_max) {
  return std::max(event_size_max, batch_body_target) + 4096;
}

Result<Socket> open_events_out(const std::shared_ptr<Context>& context, int live_messages_max) {
  // What arrives here are subscriptions of at most 201 bytes. Never NODROP (one stopped subscriber would stop
  // all) and never manual mode (not a safe boundary in libzmq 4.3.4).
  return open(context, ZMQ_XPUB, subscription_size_max,
              {{ZMQ_SNDHWM, live_messages_max},
               {ZMQ_RCVHWM, control_messages_max},
               {ZMQ_SNDTIMEO, 0},
               {ZMQ_BACKLOG, backlog}});
}

Result<Socket> open_control_in(const std::shared_ptr<Context>& context, std::size_t event_size_max) {
  // MANDATORY makes a vanished peer an error instead of silence. HANDOVER would let one peer take another's
  // id.
  return open(context, ZMQ_ROUTER, message_size_max(event_size_max),
              {{ZMQ_SNDHWM, control_messages_max},
               {ZMQ_RCVHWM, control_messages_max},
               {ZMQ_ROUTER_MANDATORY, 1},
               {ZMQ_ROUTER_HANDOVER, 0},
               {ZMQ_SNDTIMEO, 0},
               {ZMQ_BACKLOG, backlog}});
}

Result<Socket> open_events_in(const std::shared_ptr<Context>& context, std::size_t event_size_max) {
  // Subscriptions are messages of the sending direction: any limit there silently cuts them off.
  return open(context, ZMQ_SUB, message_size_max(event_size_max),
              {{ZMQ_SNDHWM, 0},
               {ZMQ_RCVHWM, live_received_max},
               {ZMQ_RECONNECT_IVL, 100},
               {ZMQ_RECONNECT_IVL_MAX, 5000},
               {ZMQ_CONNECT_TIMEOUT, 3000}});
}

Result<Socket> open_control_out(const std::shared_ptr<Context>& context, std::size_t event_size_max) {
  // IMMEDIATE: nothing is queued for a publisher that is not there; the protocol repeats instead.
  return open(context, ZMQ_DEALER, message_size_max(event_size_max),
              {{ZMQ_SNDHWM, control_messages_max},
               {ZMQ_RCVHWM, control_messages_max},
               {ZMQ_RECONNECT_IVL, 100},
               {ZMQ_RECONNECT_IVL_MAX, 5000},
               {ZMQ_CONNECT_TIMEOUT, 3000},
               {ZMQ_IMMEDIATE, 1},
               {ZMQ_SNDTIMEO, 0}});
}

}  // namespace mesh::io
