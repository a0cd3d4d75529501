// An HTTP/1.1 server on the loop: bounded in connections, headers, bodies and time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <journal/result.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/http/exchange.hpp>
#include <nodes/http/loop.hpp>

namespace node::http {

struct ServerStats {
  std::atomic<std::uint64_t> connections{0};  ///< now
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused_connections{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused_requests{
      0};                                    ///< before their handler: too large, too many, of a wrong host
  std::atomic<std::uint64_t> body_bytes{0};  ///< now in memory
};

class Server {
 public:
  /// Binds and listens; who comes waits until serve(). Requests whose Host (or Origin) is not the address, a
  /// name of loopback or one of settings.hosts are refused, and those that a browser makes for another site's
  /// page without an Origin (Sec-Fetch-Site), so that no page in a browser can speak for its reader. Error:
  /// endpoint_in_use.
  static mesh::Result<std::unique_ptr<Server>> open(Loop& loop, const HttpSettings& settings);

  ~Server();

  /// From now on who comes is answered by `handler`. Once.
  void serve(Handler handler);

  /// As bound: "127.0.0.1:8480".
  const std::string& address() const;
  const ServerStats& stats() const;
  /// Takes no more connections; those there are end with their next answer. Any thread.
  void drain();

  struct State;

 private:
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace node::http
