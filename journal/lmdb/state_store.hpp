// state.mdb: one named table per Table, always synced, every value with its checksum.
#pragma once

#include <memory>
#include <string>

#include <journal/lmdb/env.hpp>
#include <journal/lmdb/files.hpp>
#include <journal/lmdb/marks.hpp>

namespace mesh::lmdb {

class PageFile;

/// Makes the file of a new journal, synced and renamed into place. Errors: disk_full, journal_io.
Result<void> create_state(const Paths& paths, const Marks& marks);

/// The first half of it: Paths::new_state(), synced, with these entries too.
Result<void> build_state(const Paths& paths, const Marks& marks, std::span<const StateWrite> writes);

std::optional<Table> table_of_name(std::string_view name);

/// Walks state.mdb as bytes: sound, ours, of a format we know. `is_shared`: a writer may be at it.
/// Errors: journal_missing, journal_foreign, journal_newer, journal_damaged, journal_io.
Result<Marks> verify_state(const Paths& paths, bool is_shared);

/// Not thread safe, but read_marks() may be called from any thread.
class StateStore {
 public:
  /// Precondition: verify_state passed (or this process has the file open).
  static Result<StateStore> open(const Paths& paths, bool for_writing);

  Result<Marks> read_marks() const;
  /// One synced commit of the writes, and of the marks when there are any.
  Result<void> write(std::span<const StateWrite> writes, const Marks* marks);
  Result<std::optional<std::string>> read(Table table, std::string_view key) const;
  Result<void> scan(Table table, std::string_view key_prefix, const Journal::StateVisit& visit) const;

  void check_readers() const {
    if (env_) env_->check_readers();
  }

 private:
  StateStore(Paths paths, std::shared_ptr<Env> env) : paths_(std::move(paths)), env_(std::move(env)) {}

  Result<void> put_all(std::span<const StateWrite> writes, const Marks* marks);
  Result<void> reopen();

  Paths paths_;
  std::shared_ptr<Env> env_;  // none after a failed reopening
};

}  // namespace mesh::lmdb
