// POST /v1/events/{topic}: events into the journal, answered after their commit.
#pragma once

#include <deque>
#include <memory>

#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/gateway/commit_watch.hpp>
#include <nodes/http/exchange.hpp>
#include <nodes/http/loop.hpp>
#include <nodes/node/counters.hpp>
#include <nodes/node/topics.hpp>

namespace node {

class PublishDesk {
 public:
  PublishDesk(mesh::Publisher& publisher, CommitWatch& commits, http::Loop& loop,
              const GatewaySettings& settings, PublishCounters& counters, Topics& topics);

  /// On the loop. All lines are looked at before the first is published: a line that is not valid refuses
  /// the request as a whole.
  void publish(http::ExchangePtr exchange);

 private:
  struct Job;

  void advance(const std::shared_ptr<Job>& job);
  void finish(const std::shared_ptr<Job>& job);

  mesh::Publisher& publisher_;
  CommitWatch& commits_;
  http::Loop& loop_;
  const GatewaySettings& settings_;
  PublishCounters& counters_;
  Topics& topics_;
  const std::string origin_;
};

}  // namespace node
