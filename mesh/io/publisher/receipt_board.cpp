#include <mesh/io/publisher/receipt_board.hpp>

#include <algorithm>

namespace mesh::io {

void ReceiptBoard::confirm(Seq through) {
  {
    const std::lock_guard lock(mutex_);
    resolved_.store(through, std::memory_order_release);
  }
  changed_.notify_all();
}

void ReceiptBoard::fail(SeqRange range, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    const bool joins = !failed_.empty() && failed_.back().error.code == error.code &&
                       failed_.back().range.last + 1 == range.first;
    if (joins) {
      failed_.back().range.last = range.last;
      failed_.back().error = error;
    } else {
      failed_.push_back({range, error});
    }
    if (failed_.size() > failures_max) {
      forgotten_through_ = failed_.front().range.last;
      failed_.pop_front();
    }
    ++failure_count_;
    failed_any_.store(true, std::memory_order_release);
    resolved_.store(range.last, std::memory_order_release);
  }
  changed_.notify_all();
}

void ReceiptBoard::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

Result<Seq> ReceiptBoard::outcome(Seq seq) const {
  const auto found =
      std::lower_bound(failed_.begin(), failed_.end(), seq,
                       [](const Failed& failed, Seq wanted) { return failed.range.last < wanted; });
  if (found != failed_.end() && found->range.contains(seq)) return found->error;
  if (seq <= forgotten_through_)
    return mesh::fail(Errc::timeout, "the outcome is no longer kept: too many commits have failed since");
  return seq;
}

std::optional<Result<Seq>> ReceiptBoard::poll(Seq seq) const {
  if (seq <= resolved()) {
    if (!failed_any_.load(std::memory_order_acquire)) return Result<Seq>(seq);
    const std::lock_guard lock(mutex_);
    return outcome(seq);
  }
  const std::lock_guard lock(mutex_);
  if (seq <= resolved()) return outcome(seq);
  if (closed_) return Result<Seq>(mesh::fail(Errc::closed, "the publisher was closed before the commit"));
  return std::nullopt;
}

bool ReceiptBoard::wait_until(Seq seq, Deadline deadline, std::unique_lock<std::mutex>& lock) {
  return changed_.wait_until(lock, deadline, [&] { return closed_ || seq <= resolved(); });
}

Result<Seq> ReceiptBoard::wait(Seq seq, Deadline deadline) {
  if (auto known = poll(seq)) return std::move(*known);
  std::unique_lock lock(mutex_);
  if (!wait_until(seq, deadline, lock))
    return mesh::fail(Errc::timeout, "the event is not committed yet; it may still be");
  if (seq > resolved()) return mesh::fail(Errc::closed, "the publisher was closed before the commit");
  return outcome(seq);
}

Result<void> ReceiptBoard::wait_resolved(Seq seq, Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!wait_until(seq, deadline, lock)) return mesh::fail(Errc::timeout, "not everything is committed yet");
  if (seq > resolved()) return mesh::fail(Errc::closed, "the publisher was closed before the commit");
  return {};
}

ReceiptBoard::Failures ReceiptBoard::failures() const {
  const std::lock_guard lock(mutex_);
  return {failure_count_, failed_.empty() ? Error{Errc::journal_io, ""} : failed_.back().error};
}

}  // namespace mesh::io
