// What the parts of a node count, for /metrics and /api/v1.
#pragma once

#include <atomic>
#include <cstdint>

namespace node {

using Counter = std::atomic<std::uint64_t>;

/// One way of publishing through a gateway: http, zmq, pipe.
struct PublishCounters {
  Counter requests{0};
  Counter events{0};   ///< committed
  Counter refused{0};  ///< events that were not taken: not valid, or no room
  Counter failed{0};   ///< events whose commit failed
};

struct GatewayCounters {
  PublishCounters http, zmq, pipe;
  Counter delivered{0};  ///< events handed to HTTP consumers
  Counter acked{0}, retried{0}, parked{0};
  Counter unanswered{0};  ///< deliveries without an answer within ack_wait
};

}  // namespace node
