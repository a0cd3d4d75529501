// What `sub` does with each event: print its line, or run the command and judge by its exit status.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

#include <mesh/consumer.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/sub/sub.hpp>

namespace zmesh {

/// Called by the consumer's workers, `concurrency` at once.
class SubHandler {
 public:
  SubHandler(const SubOptions& options, Interrupt& interrupt) : options_(options), interrupt_(interrupt) {}

  mesh::Outcome handle(const mesh::Event& event);

  /// Tells which consumer to stop at the end; events that come before wait for it.
  void attach(mesh::Consumer& consumer) {
    consumer_ = &consumer;
    consumer_.notify_all();
  }

  std::uint64_t handled() const { return handled_; }  ///< acknowledged

  std::uint64_t failed() const { return failed_; }

  /// A line could not be written. The event is not to blame, so its handler gives no verdict: it waits until
  /// release(), which is for when close() has given it up.
  bool stdout_gone() const { return stdout_gone_; }

  void release() { released_ = true; }

  unsigned at_work() const { return at_work_; }

  bool complete() const { return options_.count > 0 && handled_ >= options_.count; }

  std::chrono::steady_clock::time_point last_event() const {
    return std::chrono::steady_clock::time_point(last_);
  }

 private:
  mesh::Outcome print(const mesh::Event& event, const std::string& line);
  mesh::Outcome execute(const mesh::Event& event, const std::string& line);
  /// Nothing more begins, and the process ends.
  void stop();

  const SubOptions& options_;
  Interrupt& interrupt_;
  std::atomic<mesh::Consumer*> consumer_{nullptr};
  std::mutex out_mutex_;
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> stdout_gone_{false};
  std::atomic<bool> released_{false};
  std::atomic<unsigned> at_work_{0};
  std::atomic<std::chrono::steady_clock::duration> last_{std::chrono::steady_clock::now().time_since_epoch()};
};

}  // namespace zmesh
