// Is this file safe to hand to LMDB? LMDB trusts its pages: a flipped bit in one can crash the process or
// make it write over live data. So every file is walked first.
#pragma once

#include <functional>

#include <journal/lmdb/tree_cursor.hpp>

namespace mesh::lmdb {

/// Called for each entry of the main tree while the walk stands on it.
using EntryVisit = std::function<Result<void>(TreeCursor& cursor)>;

struct VerifyOptions {
  bool has_tables = false;     ///< the main tree holds named tables; they are walked too
  bool with_free_list = true;  ///< off for a file that is only read: its free pages do not matter
  /// The file may be written meanwhile by another process: what does not hold is looked at again as long as
  /// new transactions keep coming.
  bool is_shared = false;
  EntryVisit visit;  ///< may be empty; with is_shared it sees each entry once, in order
};

/// Walks all trees of the newest meta: page kinds, bounds, key order, counts, every page used once, and that
/// the values lie in the file. It does not look into values (`visit` can).
/// Errors: journal_foreign, journal_damaged, journal_io, and what visit returned.
Result<MetaInfo> verify_file(const PageFile& file, const VerifyOptions& options);

}  // namespace mesh::lmdb
