// The segments as they are at one moment, and reading across them. Immutable; shared between threads.
#pragma once

#include <memory>
#include <vector>

#include <journal/lmdb/segment.hpp>

namespace mesh::lmdb {

struct SegmentSet {
  std::vector<std::shared_ptr<const SealedSegment>> sealed;  ///< ascending
  std::shared_ptr<ActiveSegment> active;

  /// Journal::read over all of them. Error journal_missing: a sealed file was unlinked meanwhile.
  Result<ReadEnd> read(Seq after, const Journal::BatchVisit& visit) const;
  /// Journal::find_time; nothing when no event is that late.
  Result<std::optional<Seq>> find_time(WallTime when) const;
  Result<JournalUsage> usage() const;
  /// The greatest seq in any sealed segment; 0 when there is none.
  Seq sealed_last() const;
};

using SegmentSetPtr = std::shared_ptr<const SegmentSet>;

}  // namespace mesh::lmdb
