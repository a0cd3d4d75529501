// A consumer's side of one publisher: its two sockets and its core. Used by the engine's thread alone.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <mesh/core/consumer/member_core.hpp>
#include <mesh/io/consumer/executor.hpp>
#include <mesh/io/consumer/watchdog.hpp>
#include <mesh/io/socket.hpp>
#include <mesh/wire/wire.hpp>

namespace mesh::io {

struct LinkSettings {
  std::string endpoint;  ///< the publisher's control endpoint, checked
  core::MemberSettings member;
  std::size_t event_size_max = 1u << 20;
  LogCallback log;
  /// Called before events of this publisher are handed on, and again when what it says of itself has changed.
  std::function<void(core::LinkId link, const Origin& origin, const std::string& name)> on_source;
};

class Link {
 public:
  Link(LinkSettings settings, std::shared_ptr<Context> context, Watchdog& watchdog);

  /// Connects the control socket and starts the core.
  Result<void> open(Now now);

  /// Reads a bounded number of messages from both sockets. True: more may wait.
  bool drain(Now now);
  /// Carries out what the core wants done. Returns how many events were handed to the executor. Acks that
  /// come with events, and with nothing else to send, wait for send_late: telling of earlier ones takes
  /// longer than most handlers do.
  std::size_t carry_out(Executor& executor);
  /// Sends what carry_out has left.
  void send_late();
  /// Events of the watchdog, by the id that watch was given: two per link.
  void on_link_event(Watchdog::Id id, LinkEvent event, Now now);
  /// Makes connections anew that libzmq has given up.
  void revive(Now now);
  std::optional<Duration> deadline() const;
  void close();

  core::MemberCore& core() { return core_; }

  const core::MemberCore& core() const { return core_; }

  const std::string& endpoint() const { return settings_.endpoint; }

  std::uint64_t reconnects() const { return reconnects_; }

  bool left() const { return left_; }

  /// There is something to drain, of what is to be read now.
  bool readable() const;
  /// What tells of more to drain, once nothing is readable; -1: a socket that is not open, or not to be read.
  std::array<int, 2> descriptors() const;

  static constexpr Watchdog::Id control_id(core::LinkId link) { return Watchdog::Id{2} * link; }

  static constexpr Watchdog::Id events_id(core::LinkId link) { return Watchdog::Id{2} * link + 1; }

  static constexpr core::LinkId link_of(Watchdog::Id id) { return static_cast<core::LinkId>(id / 2); }

 private:
  void send_control(const ControlMessage& message);
  void tell_source();
  void connect_events(const std::string& announced);
  Result<Socket> open_events(const std::string& endpoint);
  Result<void> subscribe(Socket& socket, bool on) const;
  void reconnect(Socket& socket, const std::string& endpoint, std::string_view which);
  void notice(Level level, std::string_view code, std::string text);

  const LinkSettings settings_;
  const wire::Limits limits_;
  std::shared_ptr<Context> context_;
  Watchdog& watchdog_;
  core::MemberCore core_;
  core::MemberEffects effects_;
  Socket control_;
  Socket events_;
  std::string events_endpoint_;
  std::vector<Bytes> unsent_hello_;   ///< waits for the connection
  std::vector<ControlMessage> late_;  ///< waits for send_late
  Revival control_revival_;
  Revival events_revival_;
  std::uint64_t reconnects_ = 0;
  std::optional<Origin> origin_told_;
  core::MemberCore::Phase phase_told_ = core::MemberCore::Phase::attaching;
  bool left_ = false;
  bool live_waits_ = false;
  std::vector<Bytes> frames_;
};

}  // namespace mesh::io
