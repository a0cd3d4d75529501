// Publishing by lines of JSON written to a named pipe. Nobody is answered; a full journal holds the writers
// back.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <mesh/publisher.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/node/counters.hpp>
#include <nodes/node/topics.hpp>

namespace node {

/// Lines are published in the order in which they are read, and no more is read before they are committed:
/// what a commit failed for is published again until it is in the journal, or the node ends, which is logged.
/// (A line that was read but not committed when the process is killed is lost: who must know uses HTTP.)
class PipeListener {
 public:
  /// Makes the pipe when it is missing (mode 0620). Errors: journal_io, invalid_argument (it is no pipe).
  static mesh::Result<std::unique_ptr<PipeListener>> open(const GatewaySettings& settings,
                                                          mesh::Publisher& publisher,
                                                          PublishCounters& counters, Topics& topics);
  ~PipeListener();

 private:
  PipeListener(int fd, const GatewaySettings& settings, mesh::Publisher& publisher, PublishCounters& counters,
               Topics& topics);
  void run();
  void take_lines();
  void publish(const std::vector<std::string>& lines);
  mesh::Result<mesh::Seq> outcome_of(const mesh::Receipt& receipt) const;
  bool pause();

  const int fd_;
  const int wake_fd_;
  const GatewaySettings& settings_;
  mesh::Publisher& publisher_;
  PublishCounters& counters_;
  Topics& topics_;
  std::string buffer_;
  bool skipping_ = false;  ///< the rest of a line that is too long
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace node
