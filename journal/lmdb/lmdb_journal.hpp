// The Journal on disk, for its writer.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include <journal/lmdb/background_sync.hpp>
#include <journal/lmdb/recovery.hpp>

namespace mesh::lmdb {

class LmdbJournal final : public Journal {
 public:
  static Result<std::unique_ptr<Journal>> open(const std::string& directory, const JournalOptions& options,
                                               const OpenHooks& hooks = {});
  ~LmdbJournal() override;

  const Identity& identity() const override { return identity_; }

  Seq head() const override { return head_; }

  Seq next_seq() const override { return next_; }

  Seq dropped_through() const override { return dropped_; }

  Result<void> append(std::span<const Batch> batches) override;
  Result<void> write_state(std::span<const StateWrite> writes) override;
  Result<std::optional<std::string>> read_state(Table table, std::string_view key) const override;
  Result<void> scan_state(Table table, std::string_view key_prefix, const StateVisit& visit) const override;
  Result<void> read(Seq after, const BatchVisit& visit) const override;
  Result<Seq> find_time(WallTime when) const override;
  JournalUsage usage() const override;
  Result<std::size_t> drop_through(Seq seq) override;
  Result<void> close() override;

 private:
  LmdbJournal(Paths paths, const JournalOptions& options, const OpenHooks& hooks, Recovered recovered);

  SegmentSetPtr segments() const;
  void set_segments(SegmentSetPtr set);
  ActiveSegment::Options active_options() const;
  bool is_full(const ActiveSegment& active) const;
  Result<void> roll();
  Result<void> reopen_active();
  Result<void> refuse_closed() const;
  Result<void> sync_events();
  void check_readers_now_and_then();

  const Paths paths_;
  const JournalOptions options_;
  const OpenHooks hooks_;
  const Identity identity_;
  File lock_;

  // The engine's thread.
  Marks marks_;
  StateStore state_;
  BackgroundSync background_sync_;
  bool active_lost_ = false;  // LMDB gave the newest segment up; it has to be opened anew
  std::chrono::steady_clock::time_point readers_checked_ = std::chrono::steady_clock::now();

  // Any thread.
  std::atomic<Seq> head_;
  std::atomic<Seq> next_;
  std::atomic<Seq> dropped_;
  std::atomic<bool> closed_ = false;
  mutable std::mutex segments_mutex_;
  SegmentSetPtr segments_;  // guarded by segments_mutex_
};

}  // namespace mesh::lmdb
