#include "network.hpp"

namespace sim {

namespace {

const mesh::wire::Limits limits;

Duration in_order(World& world, const NetworkPlan& plan, Lane& lane) {
  const auto when = world.now() + world.rng.between(plan.delay_min, plan.delay_max);
  lane.last = std::max(lane.last + 1ns, when);
  return lane.last;
}

}  // namespace

void ControlLink::connect() {
  if (up_ || !client_.running()) return;
  if (!server_.listening()) {
    world_.in(world_.rng.between(5ms, 100ms), [this, connection = connection_] {
      if (connection == connection_) connect();
    });
    return;
  }
  up_ = true;
  ++connection_;
  route_ = "route-" + std::to_string(world_.rng.next());
  forth_.last = back_.last = world_.now();
  if (on_route) on_route(route_);
}

void ControlLink::close() {
  up_ = false;
  ++connection_;
}

void ControlLink::cut(Duration away) {
  close();
  world_.in(away, [this, connection = connection_] {
    if (connection == connection_) connect();
  });
}

void ControlLink::send(const mesh::ControlMessage& message) {
  if (!up_) return;
  carry(std::make_shared<const std::vector<mesh::Bytes>>(mesh::wire::encode(message)), true);
}

void ControlLink::answer(const mesh::ControlMessage& message) {
  if (!up_) return;
  carry(std::make_shared<const std::vector<mesh::Bytes>>(mesh::wire::encode(message)), false);
}

void ControlLink::carry(const Frames& frames, bool to_server) {
  if (world_.rng.chance(plan_.lose)) return;
  const unsigned copies = world_.rng.chance(plan_.repeat) ? 2 : 1;
  for (unsigned copy = 0; copy < copies; ++copy) {
    const auto when = in_order(world_, plan_, to_server ? forth_ : back_);
    world_.at(when, [this, frames, to_server, route = route_, connection = connection_,
                     server_run = server_.run(), client_run = client_.run()] {
      if (connection == connection_) return arrive(frames, to_server, route, server_run, client_run);
      // Cut meanwhile: gone, or read out of a dead connection's buffer some time later; but not any more once
      // a successor of the process is there.
      if (client_.run() != client_run && client_.running()) return;
      if (!world_.rng.chance(plan_.late)) return;
      world_.in(world_.rng.between(Duration{0}, 200ms),
                [=, this] { arrive(frames, to_server, route, server_run, client_run); });
    });
  }
}

void ControlLink::arrive(const Frames& frames, bool to_server, const mesh::core::Route& route,
                         std::uint64_t server_run, std::uint64_t client_run) {
  auto message = mesh::wire::decode(*frames, limits);
  if (!message) throw Broken("messages decode", message.error().describe());
  if (to_server) {
    if (client_.run() != client_run && client_.running()) return;
    if (server_.listening() && server_.run() == server_run) server_.on_request(route, std::move(*message));
  } else if (client_.running() && client_.run() == client_run) {
    client_.on_answer(link_, std::move(*message));
  }
}

void LivePipe::connect(std::vector<std::string> prefixes) {
  wanted_ = std::move(prefixes);
  if (wanted_.empty()) wanted_.emplace_back();
  listening_ = true;
  reconnect();
}

void LivePipe::reconnect() {
  disconnect();
  world_.in(world_.rng.between(1ms, 1ms + plan_.subscribe_max), [this, connection = connection_] {
    if (connection != connection_ || !client_.running()) return;
    if (!server_.listening()) return cut(world_.rng.between(5ms, 100ms));
    up_ = true;
    lane_.last = told_ = world_.now();
    if (listening_) tell_wanted();
  });
}

void LivePipe::listen(bool on) {
  if (std::exchange(listening_, on) == on || !up_) return;
  tell_wanted();
}

void LivePipe::tell_wanted() {
  told_ = std::max(told_, world_.now());
  for (const auto& prefix : wanted_) {
    told_ += world_.rng.between(Duration{0}, plan_.subscribe_max);
    world_.at(told_, [this, connection = connection_, prefix, on = listening_] {
      subscribe(connection, prefix, on);
    });
  }
}

void LivePipe::cut(Duration away) {
  disconnect();
  world_.in(away, [this, connection = connection_] {
    if (connection == connection_ && client_.running()) reconnect();
  });
}

void LivePipe::disconnect() {
  up_ = false;
  ++connection_;
  in_pipe_ = 0;
  if (subscribed_.empty()) return;
  // The XPUB learns of it later; until then it sends into nowhere.
  world_.in(world_.rng.between(Duration{0}, 300ms),
            [this, run = server_.run(), prefixes = std::exchange(subscribed_, {})] {
              if (server_.run() == run && server_.listening()) forget(prefixes);
            });
}

void LivePipe::subscribe(std::uint64_t connection, const std::string& prefix, bool on) {
  if (connection != connection_ || !up_ || !server_.listening()) return;
  if (!on) {
    if (subscribed_.erase(prefix) > 0) forget({prefix});
    return;
  }
  if (!subscribed_.insert(prefix).second) return;
  if (++(*counts)[prefix] == 1) server_.on_subscription(prefix, true);
}

void LivePipe::forget(std::set<std::string> prefixes) {
  for (const auto& prefix : prefixes) {
    if (--(*counts)[prefix] > 0) continue;
    counts->erase(prefix);
    server_.on_subscription(prefix, false);
  }
}

bool LivePipe::subscribed(std::string_view prefix) const {
  if (!up_) return false;
  for (const auto& one : subscribed_) {
    if (prefix.starts_with(one)) return true;
  }
  return false;
}

void LivePipe::send(const mesh::LiveMessage& message, const Frames& frames) {
  if (!subscribed(message.prefix)) return;
  if (in_pipe_ >= plan_.live_pipe || world_.rng.chance(plan_.live_drop)) {
    world_.trace.line("network", "live dropped",
                      {{"link", link_}, {"first", message.first}, {"last", message.last}});
    return;
  }
  ++in_pipe_;
  world_.at(in_order(world_, plan_, lane_), [this, frames, connection = connection_, run = client_.run()] {
    if (connection != connection_ || !client_.running() || client_.run() != run) return;
    auto decoded = mesh::wire::decode_live(*frames, limits);
    if (!decoded) throw Broken("messages decode", decoded.error().describe());
    if (blind) rewrite(*decoded);
    client_.on_live(link_, std::move(*decoded), [this, connection] {
      if (connection == connection_ && in_pipe_ > 0) --in_pipe_;
    });
  });
}

void LivePipe::rewrite(mesh::LiveMessage& message) {
  for (auto& chain : message.chains) {
    const auto prefix = message.prefix.substr(0, chain.length);
    const auto seen = seen_.find(prefix);
    if (seen != seen_.end()) chain.previous = seen->second;
    if (message.batch) seen_[prefix] = message.batch->header.last;
  }
}

}  // namespace sim
