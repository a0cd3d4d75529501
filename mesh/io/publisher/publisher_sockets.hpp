// A publisher's two sockets: the live stream out and subscriptions in (XPUB), control in and out (ROUTER).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/io/publisher/unread_budget.hpp>
#include <mesh/io/socket.hpp>

namespace mesh::io {

struct PublisherEndpoints {
  std::string control;
  std::string events;  ///< empty: beside control
  bool insecure = false;
  int live_messages_max = 256;
  std::size_t event_size_max = 1u << 20;
};

class PublisherSockets {
 public:
  /// Answers to one peer that may lie here unread: several times what a member asks for at once, so that only
  /// one that has stopped reading meets it. (A little more, by the answer that reaches it.)
  static constexpr std::size_t unread_bytes_max = 64u << 20;

  /// Binds both. Errors: endpoint_invalid, endpoint_in_use, limit_reached.
  static Result<PublisherSockets> open(const std::shared_ptr<Context>& context,
                                       const PublisherEndpoints& endpoints);

  const std::string& control_endpoint() const { return control_endpoint_; }

  const std::string& events_endpoint() const { return events_endpoint_; }

  /// Descriptors to poll for input, but only after readable() has said that there is none.
  int control_fd() const { return control_.get_int(ZMQ_FD); }

  int events_fd() const { return events_.get_int(ZMQ_FD); }

  bool readable() const { return control_.readable() || events_.readable(); }

  struct Subscription {
    std::string_view prefix;  ///< valid until the next call
    bool active = false;
  };

  /// The next subscription message. `nothing`: none waits; `unusable`: something else came and was dropped.
  Received next_subscription(Subscription& subscription);

  /// The next control message: who sent it, and its frames (without the id's), both valid until the next
  /// call.
  Received next_control(core::Route& route, std::span<const Bytes>& frames, std::size_t frames_max);

  /// would_block: the peer does not read what it asks for (see unread_bytes_max), or not fast enough.
  Sent send_control(const core::Route& route, std::vector<Bytes> frames);

  Sent send_live(std::span<const Bytes> frames) { return events_.send(frames); }

 private:
  UnreadBudget unread_{unread_bytes_max};  // before the sockets: they may hold frames that it counts
  Socket control_;
  Socket events_;
  std::string control_endpoint_;
  std::string events_endpoint_;
  std::vector<Bytes> frames_;
};

}  // namespace mesh::io
