// Watches connecting sockets. libzmq reconnects by itself after a loss, but after a protocol error (another
// server on the port, an oversized frame, a refused key) it gives up for ever, silently; only disconnect()
// and connect() revive the socket then. Revival decides when; Watchdog brings the events.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <mesh/io/mailbox.hpp>
#include <mesh/io/socket.hpp>
#include <mesh/io/thread.hpp>
#include <mesh/model/time.hpp>

namespace mesh::io {

enum class LinkEvent : std::uint8_t {
  connected,     ///< the handshake succeeded
  refused,       ///< the handshake failed: another protocol, or not admitted
  disconnected,  ///< libzmq says nothing more if it has given up
  retrying,      ///< libzmq will connect again
};

/// Decides when a connection must be made anew. Pure. One per connecting socket.
class Revival {
 public:
  static constexpr Duration grace = 500ms;  ///< after a disconnect without a retry
  static constexpr Duration backoff_first = 500ms;
  static constexpr Duration backoff_max = 10s;

  void on_event(LinkEvent event, Duration now);
  /// True once when it is time to disconnect() and connect().
  bool due(Duration now);

  std::optional<Duration> deadline() const { return due_; }

 private:
  std::optional<Duration> due_;
  Duration backoff_{0};
};

/// A thread that reads the monitors of any number of sockets. (An unread monitor blocks libzmq's own thread.)
class Watchdog {
 public:
  /// Names a watched connection; the watcher's choice.
  using Id = std::uint64_t;
  /// Called on the watchdog's thread.
  using Report = std::function<void(Id id, LinkEvent event)>;

  Watchdog(std::shared_ptr<Context> context, Report report);

  ~Watchdog() { stop(); }

  Result<void> start();
  /// Watches the socket until it is closed; before connect(). The socket's own thread calls this.
  Result<void> watch(Socket& socket, Id id);
  void stop();

 private:
  struct Watched {
    Id id = 0;
    Socket monitor;
  };

  void run();
  /// False when the monitored socket is gone.
  bool read(Watched& watched);

  std::shared_ptr<Context> context_;
  Report report_;
  Waker waker_;
  Mailbox<std::shared_ptr<Watched>> added_{waker_};
  std::atomic<bool> stopping_{false};
  Thread thread_;
};

}  // namespace mesh::io
