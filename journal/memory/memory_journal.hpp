// The Journal in memory: for tests and the simulator. It keeps the whole contract, and can be made to crash,
// to lose power and to fail on request.
//
//   auto store = std::make_shared<MemoryStore>(origin);           // the "disk"
//   auto journal = MemoryJournal::open(store, options).value();
//   journal->crash();                                             // what was committed stays in the store
//   journal = MemoryJournal::open(store, options).value();        // run + 1, Opened::crashed
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <journal/journal.hpp>

namespace mesh {

/// What survives a crash. Shared by the journals that are opened on it, one after the other for writing.
/// Every function may be called from any thread.
class MemoryStore {
 public:
  explicit MemoryStore(const Origin& origin) : origin_(origin) {}

  /// A power loss while nothing has the store open: under `os` durability the newest `commits` appends since
  /// the last sync (a roll of the segment or a clean close) are gone and the next open is Opened::suspect;
  /// under `disk` nothing is lost. State is always kept. Returns how many appends were lost.
  std::size_t lose_power(std::size_t commits);

  /// The next append (write_state) fails with this error and commits nothing.
  void fail_next_append(Error error);
  void fail_next_state(Error error);

  /// Flips one bit of the stored batch that holds seq. False when there is none.
  bool damage(Seq seq);

 private:
  friend class MemoryJournal;

  struct Stored {
    Batch batch;
    std::uint64_t commit;  ///< number of the append that brought it
  };

  struct Segment {
    Seq first = 1;
    std::uint64_t bytes = 0;
    std::deque<Stored> batches;

    Seq last() const { return batches.empty() ? first - 1 : batches.back().batch.header.last; }
  };

  mutable std::mutex mutex_;
  const Origin origin_;
  std::string name_;
  std::uint32_t incarnation_ = 0;  // 0: never opened
  std::uint32_t run_ = 0;
  Durability durability_ = Durability::disk;
  bool locked_ = false;
  bool clean_ = false;
  bool suspect_ = false;
  Seq head_ = 0;
  Seq next_ = 1;
  Seq dropped_ = 0;
  std::uint64_t commit_ = 0;         // number of the newest append
  std::uint64_t synced_commit_ = 0;  // what a power loss cannot take
  std::deque<Segment> segments_;
  std::map<Table, std::map<std::string, std::string, std::less<>>> tables_;
  std::optional<Error> append_error_;
  std::optional<Error> state_error_;
};

/// One opening of a MemoryStore. Options as for open_journal, but any segment_size above 0 will do.
class MemoryJournal final : public Journal {
 public:
  /// Error: journal_locked while another one has the store open for writing, invalid_argument.
  static Result<std::unique_ptr<MemoryJournal>> open(std::shared_ptr<MemoryStore> store,
                                                     const JournalOptions& options);
  ~MemoryJournal() override;

  /// Dies without closing: every later call fails with `closed`, and the next open is Opened::crashed.
  void crash();

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
  MemoryJournal(std::shared_ptr<MemoryStore> store, std::uint64_t segment_size)
      : store_(std::move(store)), segment_size_(segment_size) {}

  /// Up to a few batches after `after`, under the lock, so that visits run without it.
  Result<std::vector<Batch>> batches_after(Seq after) const;

  const std::shared_ptr<MemoryStore> store_;
  const std::uint64_t segment_size_;
  Identity identity_;
  bool open_ = true;  // guarded by the store's mutex
};

}  // namespace mesh
