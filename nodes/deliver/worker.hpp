// A long-lived command that is asked about one event after the other: a line of JSON in, a line of JSON out.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include <journal/result.hpp>
#include <mesh/event.hpp>
#include <tools/zmesh/process/child.hpp>

namespace node {

/// The event that a worker is asked about. An answer may name it.
struct Asked {
  std::string origin{};
  mesh::Seq seq = 0;
};

/// Supervised: where the command ended or did not answer it is killed and started again, not at once but
/// after a pause that grows while it keeps failing. One thread at a time.
class Worker {
 public:
  /// It is one of the children (which must outlive it), as of the process's, while it runs.
  Worker(std::string command, zmesh::Children& children)
      : command_(std::move(command)), children_(children) {}

  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Hands it the event's line and waits for its answer. A command that ends, hangs, answers nonsense or
  /// about another event fails the event (retry). One that has ended before it read the line, or has written
  /// something since its last answer, is started again first, and the event is not charged for it.
  mesh::Outcome ask(const Asked& event, const std::string& line, mesh::Duration timeout);

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
  void look_after();
  mesh::Result<std::string> converse(std::string_view line, Clock::time_point deadline);
  bool has_read_nothing() const;
  void pardon(const std::string& end);
  std::string bury();
  bool reap(int& status, std::optional<Clock::time_point> deadline);

  const std::string command_;
  zmesh::Children& children_;
  int pid_ = 0;
  int in_ = -1;   ///< its stdin
  int out_ = -1;  ///< its stdout
  std::string buffer_;
  bool answered_ = false;    ///< since its start
  std::size_t written_ = 0;  ///< of the last line
  std::atomic<std::uint64_t> starts_{0};
  std::atomic<bool> giving_up_{false};
  mesh::Duration pause_{0};
  Clock::time_point started_{};
};

/// {"outcome":"ack"|"retry"|"park","reason":"...","delay":"5s"} as an outcome; with "origin" or "seq" they
/// must be those of the event. Error: invalid_argument.
mesh::Result<mesh::Outcome> parse_outcome(std::string_view line, const Asked& event);

}  // namespace node
