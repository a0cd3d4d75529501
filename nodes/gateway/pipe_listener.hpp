// Publishing by lines of JSON written to a named pipe. Nobody is answered; a full journal holds the writers
// back.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/log/rarely.hpp>
#include <nodes/node/counters.hpp>
#include <nodes/node/topics.hpp>

namespace node {

/// Which of the events handed to the publisher are to be published (again), after commits that failed for
/// some: those, and what follows one of them with its key, although it is in the journal, so that of each key
/// the newest event stays the newest.
std::vector<mesh::EventInput> publish_again(const std::vector<mesh::EventInput>& events,
                                            const std::vector<bool>& committed);

/// Lines are published in the order in which they are read, and no more is read before they are committed:
/// what a commit failed for is published again until it is in the journal, or the node ends, which is logged.
/// A last line without its newline counts when all writers have closed the pipe. At the end what has been
/// written by then is read and committed, too. (A line that was read but not committed when the process is
/// killed is lost: who must know uses HTTP.)
class PipeListener {
 public:
  /// What open() would say, without making anything. Empty path: nothing.
  static mesh::Result<void> check(const std::string& path);
  /// Makes the pipe when it is missing (mode 0620). Errors: journal_io, invalid_argument (it is no pipe).
  static mesh::Result<std::unique_ptr<PipeListener>> open(const GatewaySettings& settings,
                                                          mesh::Publisher& publisher,
                                                          PublishCounters& counters, Topics& topics);
  ~PipeListener();

 private:
  PipeListener(int fd, const GatewaySettings& settings, mesh::Publisher& publisher, PublishCounters& counters,
               Topics& topics);
  enum class Read { some, nothing, no_writers };
  void run();
  Read read_some();
  void reopen();
  void read_rest();
  void take_lines();
  void take_last_line();
  void publish(const std::vector<std::string>& lines);
  mesh::Result<mesh::Seq> outcome_of(const mesh::Receipt& receipt) const;
  bool pause();
  bool is_over() const;

  int fd_;
  const int wake_fd_;
  const GatewaySettings& settings_;
  mesh::Publisher& publisher_;
  PublishCounters& counters_;
  Topics& topics_;
  Rarely left_out_{mesh::Level::warning, "gateway.pipe"};  ///< lines that are no events
  std::string buffer_, chunk_;
  bool skipping_ = false;  ///< the rest of a line that is too long
  bool gave_up_ = false;   ///< at the end: what has been read could not be published
  std::chrono::steady_clock::time_point end_by_{};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace node
