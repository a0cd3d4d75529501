// Syncs sealed segments of an `os` journal on a thread of its own, so that rolling does not stall the engine.
// What is written to disk takes from what the machine can do else, so segments that are soon gone are not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <journal/identity.hpp>

namespace mesh::lmdb {

class BackgroundSync {
 public:
  /// A segment is synced this long after it was sealed. Where consumers keep up, retention has dropped it by
  /// then, and it never costs the disk anything.
  static constexpr std::chrono::seconds delay{5};

  /// Everything at or below `synced_through` is synced already.
  explicit BackgroundSync(Seq synced_through) : synced_through_(synced_through) {}

  /// Finishes what was added, at once.
  ~BackgroundSync();

  /// To be called in ascending order of last. Starts the thread when there is none yet.
  void add(std::string path, Seq last);

  /// A power loss cannot take anything at or below it. Stays behind for good when a sync has failed: what the
  /// system could not write then, it may have forgotten.
  Seq synced_through() const;

  /// Waits until all that was added is synced or has failed. True when nothing failed.
  bool finish();

 private:
  void run();

  struct Task {
    std::string path;
    Seq last;
    std::chrono::steady_clock::time_point due;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // the front is being synced
  Seq synced_through_;
  bool failed_ = false;
  bool stop_ = false;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace mesh::lmdb
