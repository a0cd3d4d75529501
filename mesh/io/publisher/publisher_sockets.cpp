#include <mesh/io/publisher/publisher_sockets.hpp>

#include <mesh/io/bind.hpp>
#include <mesh/io/roles.hpp>

namespace mesh::io {

Result<PublisherSockets> PublisherSockets::open(const std::shared_ptr<Context>& context,
                                                const PublisherEndpoints& endpoints) {
  const auto control = parse_endpoint(endpoints.control);
  if (!control) return control.error();
  const auto events = endpoints.events.empty() ? default_events_endpoint(*control) : endpoints.events;

  PublisherSockets sockets;
  auto control_in = open_control_in(context, endpoints.event_size_max);
  if (!control_in) return control_in.error();
  auto events_out = open_events_out(context, endpoints.live_messages_max);
  if (!events_out) return events_out.error();
  sockets.control_ = std::move(*control_in);
  sockets.events_ = std::move(*events_out);
  auto bound = listen(sockets.control_, endpoints.control, endpoints.insecure);
  if (!bound) return bound.error();
  sockets.control_endpoint_ = std::move(*bound);
  bound = listen(sockets.events_, events, endpoints.insecure);
  if (!bound) return bound.error();
  sockets.events_endpoint_ = std::move(*bound);
  return sockets;
}

Received PublisherSockets::next_subscription(Subscription& subscription) {
  const auto received = events_.receive(frames_, 1);
  if (received != Received::message) return received;
  const auto text = as_text(frames_.front().view());
  // Anything else is a message that a subscriber sent upstream; nobody asked for it.
  if (text.empty() || (text[0] != 0 && text[0] != 1)) return Received::unusable;
  subscription.active = text[0] == 1;
  subscription.prefix = text.substr(1);
  return Received::message;
}

Received PublisherSockets::next_control(core::Route& route, std::span<const Bytes>& frames,
                                        std::size_t frames_max) {
  const auto received = control_.receive(frames_, frames_max + 1);
  if (received != Received::message) return received;
  if (frames_.size() < 2) return Received::unusable;
  route = as_text(frames_.front().view());
  frames = std::span<const Bytes>(frames_).subspan(1);
  return Received::message;
}

Sent PublisherSockets::send_control(const core::Route& route, std::vector<Bytes> frames) {
  if (!unread_.charge(route, frames)) return Sent::would_block;
  frames.insert(frames.begin(), Bytes(as_bytes(route), nullptr));
  return control_.send(frames);
}

}  // namespace mesh::io
