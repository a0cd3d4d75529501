// Follows the receipts of what was published: prints the committed ones, notices the failed ones.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <mesh/receipt.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

class Confirmer {
 public:
  /// print: a line {"seq":N} for each committed event, written out once per commit. Requests `interrupt`
  /// when a commit failed or stdout is gone.
  Confirmer(bool print, Interrupt& interrupt);
  /// As finish().
  ~Confirmer();

  /// Waits while very many receipts are outstanding.
  void add(std::uint64_t line, mesh::Receipt receipt);

  /// Waits until every receipt has its outcome (each at most a minute).
  void finish();

  struct Failed {
    std::uint64_t line;  ///< first line that was not committed
    std::uint64_t last;  ///< last one; some between may have been
    mesh::Error error;
  };

  // After finish().
  std::uint64_t committed() const { return committed_; }

  std::uint64_t not_committed() const { return not_committed_; }

  const std::optional<Failed>& first_failed() const { return first_failed_; }

  bool stdout_gone() const { return stdout_error_ != 0; }

  /// The errno of the write that failed.
  int stdout_error() const { return stdout_error_; }

 private:
  struct Entry {
    std::uint64_t line;
    mesh::Receipt receipt;
  };

  void loop();
  void settle(const Entry& entry, const mesh::Result<mesh::Seq>& outcome);
  void flush();

  const bool print_;
  Interrupt& interrupt_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> waiting_;
  bool finished_ = false;

  // Of the thread alone, and of everybody once it has ended.
  std::string out_;
  std::uint64_t committed_ = 0;
  std::uint64_t not_committed_ = 0;
  std::optional<Failed> first_failed_;
  int stdout_error_ = 0;
  std::thread thread_;
};

}  // namespace zmesh
