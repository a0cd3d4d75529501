// Salvage of state.mdb: entry by entry, each has its checksum.
#pragma once

#include <functional>

#include <journal/lmdb/files.hpp>
#include <journal/lmdb/marks.hpp>

namespace mesh::lmdb {

/// Every entry's checksum holds. Precondition: verify_state passed. Errors: journal_damaged, journal_io.
Result<void> check_state_entries(const Paths& paths);

struct RebuiltState {
  Marks marks;
  std::uint64_t entries = 0;  ///< kept, without the marks
};

/// Writes Paths::new_state() with every entry of state.mdb that verifies. Marks that are lost are made up so
/// that nothing is reused: the origin comes from find_origin, the incarnation restarts at 65,536.
Result<RebuiltState> rebuild_state(const Paths& paths, const std::function<Result<Origin>()>& find_origin);

}  // namespace mesh::lmdb
