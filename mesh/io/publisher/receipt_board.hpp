// What became of published seqs: one watermark and the few ranges that failed, shared by all receipts, so
// that a receipt costs no allocation and a commit completes any number of them at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include <journal/identity.hpp>
#include <journal/result.hpp>

namespace mesh::io {

/// Any thread. Outlives its publisher as long as a receipt holds it.
class ReceiptBoard {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Ranges of failed seqs that are remembered; the outcome of an older seq is then no longer known.
  static constexpr std::size_t failures_max = 1024;

  /// Everything at or below `resolved` counts as committed.
  explicit ReceiptBoard(Seq resolved) : resolved_(resolved) {}

  /// Everything up to `through` that has no outcome yet is committed. Ascending calls.
  void confirm(Seq through);
  /// The range is not in the journal. Ascending, after what was confirmed.
  void fail(SeqRange range, const Error& error);
  /// No more outcomes will come: what has none by now fails with closed.
  void close();

  /// All outcomes up to this seq are known.
  Seq resolved() const { return resolved_.load(std::memory_order_acquire); }

  std::optional<Result<Seq>> poll(Seq seq) const;
  /// Errors: timeout, and the seq's own.
  Result<Seq> wait(Seq seq, Deadline deadline);
  /// Waits until every outcome up to seq is known. Errors: timeout, closed.
  Result<void> wait_resolved(Seq seq, Deadline deadline);

  struct Failures {
    std::uint64_t count = 0;  ///< calls of fail() so far
    Error last{Errc::journal_io, ""};
  };

  Failures failures() const;

 private:
  struct Failed {
    SeqRange range;
    Error error;
  };

  Result<Seq> outcome(Seq seq) const;
  bool wait_until(Seq seq, Deadline deadline, std::unique_lock<std::mutex>& lock);

  std::atomic<Seq> resolved_;
  std::atomic<bool> failed_any_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Failed> failed_;
  Seq forgotten_through_ = 0;
  std::uint64_t failure_count_ = 0;
  bool closed_ = false;
};

}  // namespace mesh::io
