// Calls back once published events are committed or have failed: one thread waits for all who asked.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include <mesh/receipt.hpp>

namespace node {

class CommitWatch {
 public:
  CommitWatch();
  /// Calls back whatever is left, resolved or not.
  ~CommitWatch();

  /// `done` is called on the watch's thread when the receipt has its outcome (and with it all before it), so
  /// that poll() of each tells. It must not block. Any thread.
  void add(mesh::Receipt receipt, std::function<void()> done);

 private:
  struct Entry {
    mesh::Receipt receipt;
    std::function<void()> done;
  };

  void run();
  void wait_for(const mesh::Receipt& receipt);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace node
