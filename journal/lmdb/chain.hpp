// Do the segments follow on each other? A segment is named by the seq after the last one of the segment
// before it, so a missing file, or one that lost its end, shows.
#pragma once

#include <span>

#include <journal/lmdb/files.hpp>
#include <journal/lmdb/marks.hpp>

namespace mesh::lmdb {

/// A new incarnation starts this far above any seq that may have been given out.
inline constexpr Seq incarnation_jump = Seq{1} << 32;

/// `segments`: name and last seq of each, ascending (last below first: empty; that of the newest does not
/// matter). Error: journal_damaged.
Result<void> check_chain(const Paths& paths, std::span<const SeqRange> segments, const Marks& marks);

}  // namespace mesh::lmdb
