// A node: its publisher and its roles, opened in order, drained in order.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mesh/publisher.hpp>
#include <nodes/admin/admin.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/gateway/gateway.hpp>
#include <nodes/http/loop.hpp>
#include <nodes/node/role.hpp>
#include <nodes/node/topics.hpp>
#include <nodes/relay/relayed.hpp>
#include <tools/zmesh/registry/registry.hpp>

namespace node {

class Node {
 public:
  /// Opens the journal, binds all that listens and starts the roles. Errors: those of the parts.
  static mesh::Result<std::unique_ptr<Node>> open(Settings settings);
  ~Node();

  /// About every second, from the main thread.
  void tick();
  /// The HTTP thread has answered since the last call: the node is alive.
  bool alive();
  void reload(const Settings& settings);
  /// Ends everything in order: what has come is finished, committed and acknowledged.
  void drain();

 private:
  explicit Node(Settings settings) : settings_(std::move(settings)) {}

  mesh::Result<void> start();
  mesh::Result<void> add(mesh::Result<std::unique_ptr<Role>> role);
  std::vector<RoleStatus> roles() const;
  std::string not_ready() const;
  View view();

  const Settings settings_;
  std::unique_ptr<http::Loop> loop_ = std::make_unique<http::Loop>();
  Topics topics_;
  std::optional<mesh::Publisher> publisher_;
  std::optional<Relayed> relayed_;                   ///< of all its relays
  std::optional<zmesh::Registration> registration_;  ///< so that `zmesh sniff` finds it
  std::unique_ptr<Gateway> gateway_;
  mutable std::mutex mutex_;  ///< of roles_: the admin endpoint may look while the node starts or ends
  std::vector<std::unique_ptr<Role>> roles_;
  std::unique_ptr<Admin> admin_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> alive_{true};
};

}  // namespace node
