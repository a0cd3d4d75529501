// Looking after a journal from outside: verify every byte that matters, and recover what verifies.
// Both read files as bytes and are safe on any content.
#pragma once

#include <string>
#include <vector>

#include <journal/journal.hpp>

namespace mesh {

struct SegmentCheck {
  std::string file;  ///< path
  Seq first = 0;     ///< first seq it may hold (its name)
  Seq last = 0;      ///< last seq that verified; below first when there is none
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;          ///< size of the file
  std::vector<std::string> damage;  ///< at most 100 places, each with its file
};

struct JournalCheck {
  Origin origin;
  std::string name;
  std::uint32_t incarnation = 0;
  std::vector<SegmentCheck> segments;  ///< ascending
  std::vector<std::string> damage;     ///< of state.mdb, or of segments that are missing or overlap
  bool sound() const;
};

/// Verifies state.mdb and every batch of every segment, also beside a running writer (a place that the writer
/// was just moving is looked at again). Damage is in the result; errors are for what is no journal at all
/// (journal_missing, journal_foreign, journal_newer) or cannot be read (journal_io).
Result<JournalCheck> check_journal(const std::string& directory);

struct SegmentSalvage {
  std::string file;           ///< the salvaged segment, in place of the damaged one
  std::string kept_aside;     ///< the damaged file
  std::uint64_t batches = 0;  ///< kept
  std::uint64_t events = 0;   ///< kept
  /// Seqs of the segment that no batch verifies for: lost, or never used (gaps are allowed).
  std::vector<SeqRange> missing;
};

struct SalvageReport {
  std::vector<SegmentSalvage> segments;  ///< only those that were damaged
  bool state_rebuilt = false;            ///< state.mdb was damaged; it holds what verified
  std::uint64_t state_entries_kept = 0;
  std::string state_kept_aside;

  bool was_incomplete = false;  ///< segments were missing or ended early; now that is taken as it is

  bool changed() const { return state_rebuilt || was_incomplete || !segments.empty(); }
};

/// Replaces each damaged file by one with everything of it that verifies, and keeps the damaged one as
/// <name>.damaged. After a change the journal opens as Opened::suspect: a new incarnation. A sound journal is
/// left as it is. Needs the writer's lock. Errors: journal_locked, journal_missing, journal_foreign,
/// journal_newer, disk_full, journal_io.
Result<SalvageReport> salvage_journal(const std::string& directory);

}  // namespace mesh
