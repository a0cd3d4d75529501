// Publishing over ZeroMQ: a MessagePack request to a ROUTER, answered after the commit. GATEWAY.md has the
// format.
#pragma once

#include <memory>

#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/gateway/commit_watch.hpp>
#include <nodes/node/counters.hpp>
#include <nodes/node/topics.hpp>

namespace node {

class ZmqListener {
 public:
  /// Binds; requests wait until they are served. `settings` must outlive it. Errors: endpoint_in_use,
  /// endpoint_invalid.
  static mesh::Result<std::unique_ptr<ZmqListener>> open(const GatewaySettings& settings);
  /// Once.
  void serve(mesh::Publisher& publisher, CommitWatch& commits, PublishCounters& counters, Topics& topics);
  /// Answers what it has taken, within a second.
  ~ZmqListener();

 private:
  struct State;
  explicit ZmqListener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace node
