// What opening for writing finds, decides and repairs, before the journal is served. FORMAT.md tells the
// rules.
#pragma once

#include <optional>
#include <string>

#include <journal/lmdb/chain.hpp>
#include <journal/lmdb/segment_set.hpp>
#include <journal/lmdb/state_store.hpp>

namespace mesh::lmdb {

/// What tests replace.
struct OpenHooks {
  std::optional<std::string> boot_id;  ///< instead of the machine's
  bool force_no_sync = false;  ///< never sync, whatever is promised: for the test of the power loss test
};

/// Everything a writer starts with.
struct Recovered {
  File lock;
  Marks marks;  ///< as they are on disk now: this run, not clean
  Opened opened = Opened::created;
  StateStore state;
  std::shared_ptr<const SegmentSet> segments;
  Seq head = 0;
  Seq next = 1;
};

/// Makes or opens the journal. Errors as open_journal.
Result<Recovered> recover(const std::string& directory, const JournalOptions& options,
                          const OpenHooks& hooks);

/// Adds "run `zmesh journal salvage DIR`" to a journal_damaged.
Error with_hint(Error error, const std::string& directory);

}  // namespace mesh::lmdb
