// A ZeroMQ socket: owned, non-blocking, retrying after signals, reporting errors as values.
//
// One thread uses it at a time. Handing it to another needs a full fence between (starting a thread is one).
#pragma once

#include <zmq.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <journal/identity.hpp>
#include <journal/result.hpp>
#include <mesh/io/context.hpp>

namespace mesh::io {

enum class Sent {
  ok,
  would_block,  ///< no peer, or its pipe is full: to the protocol a lost packet
  unroutable,   ///< ROUTER: no such peer any more
  failed,
};

enum class Received {
  message,
  nothing,   ///< none is waiting
  unusable,  ///< one was read and dropped: too many frames, or not what this socket carries
};

class Socket {
 public:
  Socket() = default;

  ~Socket() { close(); }

  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;

  /// `type` is ZMQ_ROUTER and so on. Error: limit_reached.
  static Result<Socket> open(std::shared_ptr<Context> context, int type);

  bool is_open() const { return handle_ != nullptr; }

  void* handle() const { return handle_; }

  void close();

  /// Errors: invalid_argument.
  Result<void> set(int option, int value);
  Result<void> set(int option, std::int64_t value);
  Result<void> set(int option, std::string_view value);
  int get_int(int option) const;

  /// Errors: endpoint_in_use, endpoint_invalid.
  Result<void> bind(const std::string& endpoint);
  Result<void> connect(const std::string& endpoint);
  /// Disconnecting what is not connected is fine.
  void disconnect(const std::string& endpoint);
  /// The endpoint of the last bind, wildcards resolved.
  std::string last_endpoint() const;

  /// Sends all frames as one message, or none of them. Never waits.
  Sent send(std::span<const Bytes> frames);

  /// Reads one message of at most frames_max frames into `frames` (cleared first). Never waits.
  Received receive(std::vector<Bytes>& frames, std::size_t frames_max);

  /// receive() would find something now. Takes note of what the descriptor (ZMQ_FD) has told, so that it
  /// tells only what comes later.
  bool readable() const { return (get_int(ZMQ_EVENTS) & ZMQ_POLLIN) != 0; }

  /// Waits until receive() may find something, for at most this long. May return early.
  void wait_readable(std::chrono::milliseconds timeout) const;

  /// Turns the monitor of this socket on at an inproc endpoint.
  Result<void> monitor(const std::string& endpoint, int events);

 private:
  std::shared_ptr<Context> context_;
  void* handle_ = nullptr;
};

}  // namespace mesh::io
