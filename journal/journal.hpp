// The Journal port: what the mesh needs of durable storage, and nothing else. Two implementations,
// journal/lmdb (the real one) and journal/memory (tests, simulator), are held to one contract suite.
//
// Events are the truth: append() is one commit of one or more batches. State is everything derived from or
// said about them (groups, ledgers, retries, parking lots); write_state() is one commit too, always synced.
// No commit spans both: what is derived remembers how far it has read.
//
// Threads: one thread (the engine) calls the non-const functions; read(), find_time() and usage() may be
// called from any thread at any time. read_state() and scan_state() belong to the engine's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <journal/batch.hpp>

namespace mesh {

/// What a confirmed publish survives.
enum class Durability : std::uint8_t {
  disk = 1,  ///< power loss: every commit is synced
  os = 2,    ///< any crash of the process; a power loss may take the newest commits, and is noticed
};

/// Tables of state. Values are on disk: never renumbered. FORMAT.md gives the keys and values of each.
enum class Table : std::uint8_t {
  meta = 1,     ///< identity and marks; journal/'s own, write_state refuses it
  groups = 2,   ///< group name -> definition
  ledgers = 3,  ///< group name -> what is settled
  retries = 4,  ///< group name, 0x00, seq (8 bytes, big-endian) -> attempts and when due
  parked = 5,   ///< same key -> the event's record, reason and history
  audit = 6,    ///< number (8 bytes, big-endian) -> what an operator did
};

struct StateWrite {
  Table table;
  std::string key;
  std::optional<std::string> value;  ///< nothing: erase; erasing what is not there is fine
};

/// How the journal was found when it was opened.
enum class Opened : std::uint8_t {
  created,  ///< it was not there: a new origin
  clean,    ///< closed properly the last time
  crashed,  ///< its process had died; nothing confirmed is lost
  suspect,  ///< the machine restarted under `os` durability: verified, newest commits may be lost, and
            ///< this is a new incarnation whose seqs start well above any that may have been given out
};

struct Identity {
  Origin origin;
  std::string name;               ///< the human name of the publisher
  std::uint32_t incarnation = 1;  ///< grows when the tail may have been lost (Opened::suspect)
  std::uint32_t run = 1;          ///< grows with every open for writing
  Opened opened = Opened::created;
  /// False: whether the machine has restarted cannot be told here, so under `os` durability every crash of
  /// the process is suspect.
  bool boot_known = true;
};

/// One segment of the journal.
struct SegmentUsage {
  Seq first = 0;  ///< first seq it may hold (its name)
  Seq last = 0;   ///< last seq committed to it; below first when it is still empty
  WallTime oldest = 0;
  WallTime newest = 0;
  std::uint64_t bytes = 0;  ///< on disk
  bool active = false;      ///< the one that is appended to; never dropped
};

struct JournalUsage {
  std::vector<SegmentUsage> segments;  ///< ascending

  std::uint64_t event_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& segment : segments) sum += segment.bytes;
    return sum;
  }
};

class Journal {
 public:
  virtual ~Journal() = default;

  virtual const Identity& identity() const = 0;

  /// The last committed seq; 0 when there is none. Any thread.
  virtual Seq head() const = 0;

  /// The lowest seq that the next append may use: head() + 1, or far above it in a new incarnation.
  virtual Seq next_seq() const = 0;

  /// Everything at or below it has been dropped by drop_through (0 = nothing yet). Any thread.
  virtual Seq dropped_through() const = 0;

  /// Commits the batches in one transaction. Their seqs must ascend and start at next_seq() or above.
  /// On an error nothing of them is committed and the journal stays usable (disk_full, journal_io).
  virtual Result<void> append(std::span<const Batch> batches) = 0;

  /// Commits the writes in one synced transaction, all or none. Later writes to one key win.
  virtual Result<void> write_state(std::span<const StateWrite> writes) = 0;

  virtual Result<std::optional<std::string>> read_state(Table table, std::string_view key) const = 0;

  /// Visits the entries whose key starts with key_prefix, in key order, until visit returns false.
  using StateVisit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> scan_state(Table table, std::string_view key_prefix,
                                  const StateVisit& visit) const = 0;

  /// Visits the committed batches that hold any seq > after, in order, until visit returns false. Each is
  /// verified (checksum) before it is shown; a damaged one ends the read with journal_damaged. The view is
  /// valid only during the call. Keep visits short: a read transaction is open (and reopened between
  /// segments). Any thread, also while the engine appends.
  using BatchVisit = std::function<bool(const BatchView& batch)>;
  virtual Result<void> read(Seq after, const BatchVisit& visit) const = 0;

  /// The seq just before the first event whose time is >= when (head() when there is none). Any thread.
  virtual Result<Seq> find_time(WallTime when) const = 0;

  virtual JournalUsage usage() const = 0;

  /// Unlinks the sealed segments whose last seq is <= seq. Returns how many. The unlinking itself is done
  /// on the calling thread; a concurrent read() that is inside such a segment finishes undisturbed.
  virtual Result<std::size_t> drop_through(Seq seq) = 0;

  /// Syncs and marks the journal cleanly closed. Called by the destructor too; then errors are lost.
  virtual Result<void> close() = 0;
};

struct JournalOptions {
  std::string name;  ///< for a new journal; when the journal exists and this is not empty, it renames it
  Durability durability = Durability::disk;
  /// A segment is sealed and the next begun when its events exceed this many bytes (64 KiB to 16 GiB).
  std::uint64_t segment_size = 256ull << 20;
};

/// Opens (or makes) the journal in `directory` for writing. The directory is created with mode 0700; its
/// parent must exist. Errors: journal_locked, journal_foreign, journal_newer, journal_damaged (`zmesh journal
/// salvage` recovers what verifies), disk_full, journal_io, invalid_argument.
Result<std::unique_ptr<Journal>> open_journal(const std::string& directory, const JournalOptions& options);

/// Opens the journal for reading, at any time, also beside its writer in another process, also on a
/// journal whose publisher is down. It follows new segments as they come. The non-const functions of the
/// result fail with invalid_argument. Errors: journal_missing and the ones above but journal_locked.
Result<std::unique_ptr<Journal>> open_journal_reader(const std::string& directory);

}  // namespace mesh
