// The receipt of a published event: is it in the journal yet?
#pragma once

#include <memory>
#include <optional>

#include <journal/identity.hpp>
#include <journal/result.hpp>
#include <mesh/model/time.hpp>

namespace mesh {

namespace io {
class ReceiptBoard;
}  // namespace io

/// Cheap to copy, to move and to drop; may outlive its publisher. Any thread.
class Receipt {
 public:
  /// The event's seq. Only a promise until the receipt is confirmed: a failed commit uses up its seqs.
  Seq seq() const { return seq_; }

  /// Waits until the event is committed. Errors: timeout (the outcome may still come: wait again), closed
  /// (the publisher ended before the commit), and what the commit met: disk_full, journal_io, journal_full.
  Result<Seq> wait(Duration timeout) const;

  /// The outcome if there is one by now; never waits.
  std::optional<Result<Seq>> poll() const;

  /// Made by Publisher.
  Receipt(Seq seq, std::shared_ptr<io::ReceiptBoard> board) : seq_(seq), board_(std::move(board)) {}

 private:
  Seq seq_;
  std::shared_ptr<io::ReceiptBoard> board_;
};

}  // namespace mesh
