// Syncs sealed segments of an `os` journal on a thread of its own, so that rolling does not stall the engine.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include <journal/identity.hpp>

namespace mesh::lmdb {

class BackgroundSync {
 public:
  /// Everything at or below `synced_through` is synced already.
  explicit BackgroundSync(Seq synced_through) : synced_through_(synced_through) {}

  /// Finishes what was added.
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
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // the front is being synced
  Seq synced_through_;
  bool failed_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mesh::lmdb
