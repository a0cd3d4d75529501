// The thread that may block on a cold disk: reads for fetches and redeliveries, and unlinks old segments, so
// that neither slows publishing.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <variant>

#include <journal/journal.hpp>
#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/io/thread.hpp>

namespace mesh::io {

class Reader {
 public:
  struct Drop {
    Seq through = 0;
  };

  struct Dropped {
    std::optional<Error> error;
  };

  using Job = std::variant<core::ReadJob, Drop>;
  using Answer = std::variant<core::ReadResult, Dropped>;

  /// `answer` is called on the reader's thread. The journal must outlive this.
  Reader(Journal& journal, std::function<void(Answer)> answer);

  ~Reader() { stop(); }

  Result<void> start();
  /// Any thread. Jobs are bounded by their nature: the core asks for one read per session at a time.
  void add(Job job);
  /// Ends after the job under way; the other jobs are dropped.
  void stop();

 private:
  void run();
  Answer carry_out(const Job& job);

  Journal& journal_;
  std::function<void(Answer)> answer_;
  std::mutex mutex_;
  std::condition_variable added_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace mesh::io
