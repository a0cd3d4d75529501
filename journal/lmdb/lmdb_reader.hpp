// The Journal on disk, for everybody else: reads beside the writer or without one.
#pragma once

#include <mutex>

#include <journal/lmdb/segment_set.hpp>
#include <journal/lmdb/state_store.hpp>

namespace mesh::lmdb {

/// The functions that change something fail with invalid_argument. head() and next_seq() look at the files.
class LmdbReader final : public Journal {
 public:
  static Result<std::unique_ptr<Journal>> open(const std::string& directory);

  const Identity& identity() const override { return identity_; }

  Seq head() const override;
  Seq next_seq() const override;
  Seq dropped_through() const override;
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
  LmdbReader(Paths paths, const Marks& marks, StateStore state);

  /// Looks for new and gone segments.
  Result<SegmentSetPtr> refresh() const;
  Result<SegmentSetPtr> build(const std::vector<Seq>& firsts, const SegmentSet& before) const;

  const Paths paths_;
  const Identity identity_;
  const StateStore state_;
  mutable std::mutex mutex_;
  mutable SegmentSetPtr segments_ = std::make_shared<SegmentSet>();  // guarded by mutex_
};

}  // namespace mesh::lmdb
