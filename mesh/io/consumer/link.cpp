#include <mesh/io/consumer/link.hpp>

#include <zmq.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include <mesh/io/endpoint.hpp>
#include <mesh/io/roles.hpp>

namespace mesh::io {

namespace {

constexpr int live_per_turn = 8;  // of up to 256 KiB each: handlers begin soon, and find them in the cache
constexpr int control_per_turn = 64;

wire::Limits limits_of(const LinkSettings& settings) {
  wire::Limits limits;
  limits.frame_size_max = frame_size_max(settings.event_size_max);
  return limits;
}

core::MemberSettings member_settings(const LinkSettings& settings) {
  auto member = settings.member;
  member.endpoint = settings.endpoint;
  return member;
}

}  // namespace

Link::Link(LinkSettings settings, std::shared_ptr<Context> context, Watchdog& watchdog)
    : settings_(std::move(settings)),
      limits_(limits_of(settings_)),
      context_(std::move(context)),
      watchdog_(watchdog),
      core_(member_settings(settings_)) {}

Result<void> Link::open(Now now) {
  auto control = open_control_out(context_, settings_.event_size_max);
  if (!control) return control.error();
  control_ = std::move(*control);
  if (auto watched = watchdog_.watch(control_, control_id(settings_.member.link)); !watched) return watched;
  if (auto connected = control_.connect(settings_.endpoint); !connected) return connected;
  core_.on_start(now);
  return {};
}

bool Link::readable() const {
  if (control_.is_open() && control_.readable()) return true;
  return !live_waits_ && events_.is_open() && events_.readable();
}

std::array<int, 2> Link::descriptors() const {
  return {control_.is_open() ? control_.get_int(ZMQ_FD) : -1,
          !live_waits_ && events_.is_open() ? events_.get_int(ZMQ_FD) : -1};
}

bool Link::drain(Now now) {
  bool more = false;
  for (int i = 0; control_.is_open(); ++i) {
    if (control_.receive(frames_, limits_.frames_max) == Received::nothing) break;
    auto message = wire::decode(frames_, limits_);
    if (message)
      core_.on_control(std::move(*message), now);
    else
      core_.on_undecodable(message.error().text, now);
    if (i + 1 >= control_per_turn) {
      more = true;
      break;
    }
  }
  for (int i = 0; events_.is_open(); ++i) {
    live_waits_ = core_.live_waits(now);
    if (live_waits_) break;
    if (events_.receive(frames_, limits_.frames_max) == Received::nothing) break;
    auto message = wire::decode_live(frames_, limits_);
    if (message)
      core_.on_live(std::move(*message), now);
    else
      core_.on_undecodable(message.error().text, now);
    if (i + 1 >= live_per_turn) {
      more = true;
      break;
    }
  }
  frames_.clear();
  return more;
}

std::size_t Link::carry_out(Executor& executor) {
  effects_.connect_events.reset();
  effects_.listen.reset();
  effects_.control.clear();
  effects_.keys.clear();
  effects_.deliveries.clear();
  effects_.drop_before_generation.reset();
  effects_.drain = 0;
  effects_.reconnect_control = false;
  effects_.notices.clear();
  core_.take_effects(effects_);

  if (effects_.drop_before_generation) executor.drop(settings_.member.link, *effects_.drop_before_generation);
  if (effects_.drain != 0) executor.drain(settings_.member.link, effects_.drain, core_.generation());
  if (effects_.connect_events) connect_events(*effects_.connect_events);
  if (effects_.listen && events_.is_open()) {
    if (auto set = subscribe(events_, *effects_.listen); !set)
      notice(Level::warning, "live.subscription", set.error().text);
  }
  if (effects_.reconnect_control) reconnect(control_, settings_.endpoint, "control");
  const auto is_ack = [](const ControlMessage& message) { return std::holds_alternative<Ack>(message); };
  if (!effects_.deliveries.empty() && std::ranges::all_of(effects_.control, is_ack)) {
    std::ranges::move(effects_.control, std::back_inserter(late_));
  } else {
    send_late();  // in order, whatever comes
    for (const auto& message : effects_.control) send_control(message);
  }
  if (core_.phase() != phase_told_ || core_.origin() != origin_told_) tell_source();
  executor.change(settings_.member.link, effects_.keys);
  const auto count = effects_.deliveries.size();
  executor.push(effects_.deliveries);
  for (const auto& said : effects_.notices) notice(said.level, said.code, said.text);
  left_ = left_ || effects_.left;
  return count;
}

void Link::send_late() {
  for (const auto& message : late_) send_control(message);
  late_.clear();
}

void Link::send_control(const ControlMessage& message) {
  if (!control_.is_open()) return;
  auto frames = wire::encode(message);
  const bool hello = std::holds_alternative<Hello>(message);
  if (hello) unsent_hello_.clear();
  // A failed send is a lost packet, which the core repeats in time. Only the first Hello is worth more, since
  // it is always too early for the connection.
  if (control_.send(frames) != Sent::ok && hello) unsent_hello_ = std::move(frames);
}

void Link::tell_source() {
  phase_told_ = core_.phase();
  origin_told_ = core_.origin();
  if (origin_told_ && settings_.on_source)
    settings_.on_source(settings_.member.link, *origin_told_, core_.publisher_name());
}

void Link::connect_events(const std::string& announced) {
  events_.close();
  events_revival_ = {};
  auto endpoint = reachable_events_endpoint(announced, settings_.endpoint);
  if (!endpoint) {
    notice(Level::error, "live.endpoint",
           "the publisher's live stream cannot be reached: " + endpoint.error().text);
    return;
  }
  auto opened = open_events(*endpoint);
  if (!opened) {
    notice(Level::error, "live.endpoint", "no live stream: " + opened.error().text);
    return;
  }
  events_ = std::move(*opened);
  events_endpoint_ = std::move(*endpoint);
}

Result<Socket> Link::open_events(const std::string& endpoint) {
  auto socket = open_events_in(context_, settings_.event_size_max);
  if (!socket) return socket;
  if (auto watched = watchdog_.watch(*socket, events_id(settings_.member.link)); !watched)
    return watched.error();
  if (auto set = subscribe(*socket, true); !set) return set.error();
  if (auto connected = socket->connect(endpoint); !connected) return connected.error();
  return socket;
}

Result<void> Link::subscribe(Socket& socket, bool on) const {
  const int option = on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
  if (settings_.member.prefixes.empty()) return socket.set(option, std::string_view{});
  for (const auto& prefix : settings_.member.prefixes) {
    if (auto set = socket.set(option, std::string_view(prefix)); !set) return set;
  }
  return {};
}

void Link::on_link_event(Watchdog::Id id, LinkEvent event, Now now) {
  const bool control = id == control_id(settings_.member.link);
  (control ? control_revival_ : events_revival_).on_event(event, now.steady);
  if (control && event == LinkEvent::connected && !unsent_hello_.empty()) {
    (void)control_.get_int(
        ZMQ_EVENTS);  // makes the socket notice its new connection; a send alone may be too early
    (void)control_.send(std::exchange(unsent_hello_, {}));
  }
  if (event == LinkEvent::refused)
    notice(Level::warning, "link.refused",
           "no ZeroMQ peer of ours answers at " + (control ? settings_.endpoint : events_endpoint_));
}

void Link::revive(Now now) {
  if (control_revival_.due(now.steady) && control_.is_open()) {
    ++reconnects_;
    reconnect(control_, settings_.endpoint, "control");
  }
  if (events_revival_.due(now.steady) && events_.is_open()) {
    ++reconnects_;
    reconnect(events_, events_endpoint_, "live");
  }
}

void Link::reconnect(Socket& socket, const std::string& endpoint, std::string_view which) {
  if (!socket.is_open()) return;
  // Without the disconnect, connect() to an endpoint that libzmq still knows is ignored.
  socket.disconnect(endpoint);
  if (auto connected = socket.connect(endpoint); !connected) {
    notice(Level::error, "link.reconnect", connected.error().text);
    return;
  }
  notice(Level::info, "link.reconnect", std::string(which) + " connection to " + endpoint + " made anew");
}

std::optional<Duration> Link::deadline() const {
  std::optional<Duration> deadline = core_.next_deadline();
  for (const auto* revival : {&control_revival_, &events_revival_})
    if (const auto due = revival->deadline()) deadline = deadline ? std::min(*deadline, *due) : *due;
  return deadline;
}

void Link::close() {
  control_.close();
  events_.close();
}

void Link::notice(Level level, std::string_view code, std::string text) {
  if (!settings_.log) return;
  try {
    settings_.log(Notice{level, code, std::move(text)});
  } catch (...) {  // the owner's callback; it has nobody to tell
  }
}

}  // namespace mesh::io
