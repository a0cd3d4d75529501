// The gateway: services publish and consume over HTTP, ZeroMQ and a named pipe, and embed nothing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/gateway/commit_watch.hpp>
#include <nodes/gateway/group_desk.hpp>
#include <nodes/gateway/group_finder.hpp>
#include <nodes/gateway/group_request.hpp>
#include <nodes/gateway/pipe_listener.hpp>
#include <nodes/gateway/publish_desk.hpp>
#include <nodes/gateway/zmq_listener.hpp>
#include <nodes/http/server.hpp>

namespace node {

class Gateway {
 public:
  /// `http` and `zmq` may be null: none of it. `publisher` may be null: then it only serves consumers.
  /// Errors: those of the pipe.
  static mesh::Result<std::unique_ptr<Gateway>> open(http::Loop& loop, GatewaySettings settings,
                                                     std::unique_ptr<http::Server> http,
                                                     std::unique_ptr<ZmqListener> zmq,
                                                     mesh::Publisher* publisher, Topics& topics);
  ~Gateway();

  /// Now and then, from the main thread: closes groups that nobody asks for any more.
  void tick();
  /// Lets consumers answer what they have in hand for `timeout`, those of all groups at once.
  void close_groups(mesh::Duration timeout);
  /// The same; then takes nothing new to publish and answers what has come. What is still being committed is
  /// answered until the loop ends, which must come before this object's end.
  void drain(mesh::Duration timeout);

  const GatewayCounters& counters() const { return counters_; }

  const http::ServerStats* http_stats() const { return server_ ? &server_->stats() : nullptr; }

  std::string http_address() const { return server_ ? server_->address() : ""; }

  /// The groups that are consumed now.
  std::vector<std::shared_ptr<GroupDesk>> groups() const;

 private:
  Gateway(http::Loop& loop, GatewaySettings settings, std::unique_ptr<http::Server> http,
          std::unique_ptr<ZmqListener> zmq, mesh::Publisher* publisher, Topics& topics);
  mesh::Result<void> listen();
  void handle(http::ExchangePtr exchange);
  void group(http::ExchangePtr exchange);
  void settle(const http::ExchangePtr& exchange, std::string_view verb);
  bool is_open(const std::string& group) const;
  void take(const http::ExchangePtr& exchange, const GroupRequest& wanted);
  mesh::Result<std::shared_ptr<GroupDesk>> desk_of(const GroupRequest& wanted);

  http::Loop& loop_;
  const GatewaySettings settings_;
  mesh::Publisher* publisher_;
  Topics& topics_;
  GatewayCounters counters_;
  std::unique_ptr<CommitWatch> commits_;
  std::unique_ptr<PublishDesk> publish_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<GroupDesk>> desks_;  ///< by group
  /// How many desks were left for being idle. One that is opened meanwhile is another member than those,
  /// which may not have gone yet: two of one name would replace each other.
  unsigned left_ = 0;
  bool draining_ = false;  ///< no group is opened any more
  bool drained_ = false;
  std::unique_ptr<GroupFinder> finder_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<ZmqListener> zmq_;
  std::unique_ptr<PipeListener> pipe_;
};

}  // namespace node
