// The network between the processes: connections that keep order while they live, lose what was in flight
// when they are cut, and PUB pipes that drop when they are full. Everything crosses it as encoded frames.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/wire/wire.hpp>

#include "faults.hpp"
#include "oracle.hpp"
#include "world.hpp"

namespace sim {

/// What a process does with what arrives. `run` tells its incarnations apart: nothing survives a process.
class Server {
 public:
  virtual ~Server() = default;
  virtual bool listening() const = 0;
  virtual std::uint64_t run() const = 0;
  virtual void on_request(const mesh::core::Route& route, mesh::ControlMessage message) = 0;
  virtual void on_subscription(const std::string& prefix, bool active) = 0;
};

class Client {
 public:
  virtual ~Client() = default;
  virtual bool running() const = 0;
  virtual std::uint64_t run() const = 0;
  virtual void on_answer(std::size_t link, mesh::ControlMessage message) = 0;
  /// `read` is called when the process has taken the message out of its pipe.
  virtual void on_live(std::size_t link, mesh::LiveMessage message, std::function<void()> read) = 0;
};

using Frames = std::shared_ptr<const std::vector<mesh::Bytes>>;

/// One side of a conversation: keeps order while the connection lives.
struct Lane {
  Duration last{0};
};

/// A DEALER and its connection to one ROUTER.
class ControlLink {
 public:
  ControlLink(World& world, const NetworkPlan& plan, Client& client, std::size_t link, Server& server)
      : world_(world), plan_(plan), client_(client), link_(link), server_(server) {}

  void connect();
  /// Breaks the connection; it comes back by itself after `away`, when both ends run.
  void cut(Duration away);
  void close();

  bool up() const { return up_; }

  const mesh::core::Route& route() const { return route_; }

  void send(const mesh::ControlMessage& message);    ///< client to server
  void answer(const mesh::ControlMessage& message);  ///< server to client

  /// Called with each new route.
  std::function<void(const mesh::core::Route&)> on_route;

 private:
  void carry(const Frames& frames, bool to_server);
  void arrive(const Frames& frames, bool to_server, const mesh::core::Route& route, std::uint64_t server_run,
              std::uint64_t client_run);

  World& world_;
  const NetworkPlan& plan_;
  Client& client_;
  const std::size_t link_;
  Server& server_;
  bool up_ = false;
  std::uint64_t connection_ = 0;  ///< grows with every cut and connect
  mesh::core::Route route_;
  Lane forth_;
  Lane back_;
};

/// A SUB and its connection to one XPUB.
class LivePipe {
 public:
  LivePipe(World& world, const NetworkPlan& plan, Client& client, std::size_t link, Server& server)
      : world_(world), plan_(plan), client_(client), link_(link), server_(server) {}

  /// Connects (again), subscribing these prefixes.
  void connect(std::vector<std::string> prefixes);
  /// Subscribes again what it has unsubscribed, or unsubscribes all; what is under way still comes.
  void listen(bool on);
  void cut(Duration away);
  void disconnect();

  /// The XPUB side sends; nothing says whether it arrives.
  void send(const mesh::LiveMessage& message, const Frames& frames);
  bool subscribed(std::string_view prefix) const;

  /// The planted fault `no_chain_check`: chains are rewritten so that nothing ever seems lost.
  bool blind = false;
  /// Prefixes that the XPUB counts; shared by the pipes of one server.
  std::shared_ptr<std::map<std::string, int>> counts;

 private:
  void reconnect();
  void tell_wanted();
  void subscribe(std::uint64_t connection, const std::string& prefix, bool on);
  void forget(std::set<std::string> prefixes);
  void rewrite(mesh::LiveMessage& message);

  World& world_;
  const NetworkPlan& plan_;
  Client& client_;
  const std::size_t link_;
  Server& server_;
  bool up_ = false;
  std::uint64_t connection_ = 0;
  std::vector<std::string> wanted_;
  bool listening_ = true;
  Duration told_{0};                  ///< when the newest of its subscription messages arrives
  std::set<std::string> subscribed_;  ///< as the XPUB knows
  std::size_t in_pipe_ = 0;
  Lane lane_;
  std::map<std::string, mesh::Seq> seen_;  ///< blind: newest seq that arrived under each prefix
};

}  // namespace sim
