// Health, metrics and state over HTTP: /healthz, /readyz, /metrics,
// /api/v1/{publishers,topics,groups,members,parked}.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include <nodes/admin/view.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/http/server.hpp>

namespace node {

/// What asks a publisher may take seconds, so it is answered on a thread of its own, one after the other.
class Admin {
 public:
  /// Serves from now on.
  Admin(std::unique_ptr<http::Server> server, View view);
  /// The loop must have ended before this: connections know it.
  ~Admin();

  /// Takes no more connections; what is asked from now on is refused.
  void drain();

  const std::string& address() const { return server_->address(); }

 private:
  void handle(http::ExchangePtr exchange);
  void run();
  http::Response answer(const http::Request& request) const;

  const View view_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<http::ExchangePtr> waiting_;
  bool ending_ = false;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace node
