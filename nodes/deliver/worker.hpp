// A long-lived command that is asked about one event after the other: a line of JSON in, a line of JSON out.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include <journal/result.hpp>
#include <mesh/event.hpp>

namespace node {

/// Supervised: where the command ended or did not answer it is killed and started again, not at once but
/// after a pause that grows while it keeps failing. One thread at a time.
class Worker {
 public:
  explicit Worker(std::string command) : command_(std::move(command)) {}

  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Hands it the event's line and waits for its answer. A command that ends, hangs or answers nonsense
  /// fails the event (retry).
  mesh::Outcome ask(const std::string& line, mesh::Duration timeout);

  /// Its stdin ends.
  void ask_to_end();
  /// The same; what has not ended after `timeout` is killed.
  void end(mesh::Duration timeout);

  /// It is not started any more, and does not pause before a start. Any thread.
  void give_up() { giving_up_ = true; }

  std::uint64_t starts() const { return starts_; }

 private:
  using Clock = std::chrono::steady_clock;

  mesh::Result<void> start(Clock::time_point deadline);
  mesh::Result<std::string> converse(std::string_view line, Clock::time_point deadline);
  std::string bury();

  const std::string command_;
  int pid_ = 0;
  int in_ = -1;   ///< its stdin
  int out_ = -1;  ///< its stdout
  std::string buffer_;
  std::atomic<std::uint64_t> starts_{0};
  std::atomic<bool> giving_up_{false};
  mesh::Duration pause_{0};
  Clock::time_point started_{};
};

/// {"outcome":"ack"|"retry"|"park","reason":"...","delay":"5s"} as an outcome. Error: invalid_argument.
mesh::Result<mesh::Outcome> parse_outcome(std::string_view line);

}  // namespace node
