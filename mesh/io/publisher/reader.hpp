// The thread that may block on a cold disk: reads for fetches and redeliveries, so that catching up does not
// slow publishing.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include <journal/journal.hpp>
#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/io/thread.hpp>

namespace mesh::io {

class Reader {
 public:
  /// `answer` is called on the reader's thread. The journal must outlive this.
  Reader(const Journal& journal, std::function<void(core::ReadResult)> answer);

  ~Reader() { stop(); }

  Result<void> start();
  /// Any thread. Jobs are bounded by their nature: the core asks for one read per session at a time,
  /// and for few sessions for what they will need next.
  void add(core::ReadJob job);
  /// Ends after the job under way; the other jobs are dropped.
  void stop();

 private:
  void run();
  std::vector<core::ReadJob> next();
  void carry_out(const std::vector<core::ReadJob>& jobs);

  const Journal& journal_;
  std::function<void(core::ReadResult)> answer_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<core::ReadJob> jobs_;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace mesh::io
