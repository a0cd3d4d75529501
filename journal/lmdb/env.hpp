// LMDB, typed: environments, transactions and cursors that clean up after themselves and return Result.
//
// One process must not open one LMDB file twice (closing one drops the other's locks), so environments are
// shared process-wide by (device, inode): a journal reader beside its writer gets the writer's handle.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include <journal/identity.hpp>
#include <journal/result.hpp>

namespace mesh::lmdb {

/// What an LMDB return code or errno means: disk_full for ENOSPC and kin (and for EIO on a full device, which
/// is how LMDB reports a short write), journal_damaged for its corruption codes, else journal_io.
Error env_error(int code, const std::string& doing, const std::string& path);

struct EnvOptions {
  std::uint64_t map_size = 0;           ///< 0: as the file says
  std::span<const char* const> tables;  ///< named tables; none: the unnamed one
  bool for_writing = false;
  bool sync = true;  ///< off: MDB_NOSYNC
};

class Env {
 public:
  /// Opens an existing file, or hands out the handle this process has of it. Errors: journal_missing,
  /// journal_damaged, journal_io. Call only on files that verify_file has passed.
  static Result<std::shared_ptr<Env>> open(const std::string& path, const EnvOptions& options);

  /// The handle this process has of that file, if any.
  static std::shared_ptr<Env> find(const std::string& path);

  /// Makes a new, synced file with its tables at `path` (which must not exist) without leaving it open.
  /// `fill` may put the first entries.
  using Fill = std::function<Result<void>(MDB_txn* txn, std::span<const MDB_dbi> tables)>;
  static Result<void> create(const std::string& path, const EnvOptions& options, const Fill& fill = {});

  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;
  ~Env();

  MDB_env* get() const { return env_; }

  const std::string& path() const { return path_; }

  /// Handle of the table at that place of EnvOptions::tables. They are opened once, with the file, because
  /// LMDB cannot open tables while other transactions run.
  MDB_dbi table(std::size_t index = 0) const { return tables_[index]; }

  /// Bytes of the file in use.
  std::uint64_t used_bytes() const;
  Result<void> sync() const;
  /// Frees the reader slots of processes that died.
  void check_readers() const;

  /// Sets the map size (0: what another process has grown it to). Waits for this process's transactions.
  Result<void> resize_map(std::uint64_t size) const;
  /// LMDB gave the environment up (a meta page could not be written): it has to be opened anew.
  bool is_broken() const;

  /// Held by every transaction, so that the map does not change under it.
  std::shared_lock<std::shared_mutex> hold_map() const { return std::shared_lock(map_mutex_); }

 private:
  Env(std::string path, MDB_env* env, bool writable)
      : path_(std::move(path)), env_(env), writable_(writable) {}

  Result<void> prepare_writing(const EnvOptions& options) const;

  const std::string path_;
  MDB_env* const env_;
  const bool writable_;
  std::vector<MDB_dbi> tables_;
  mutable std::shared_mutex map_mutex_;
};

/// A read or write transaction; aborted unless committed. One thread at a time.
class Txn {
 public:
  enum class Kind : std::uint8_t { read, write };
  static Result<Txn> begin(const Env& env, Kind kind);
  Txn(Txn&& other) noexcept;
  Txn& operator=(Txn&&) = delete;
  ~Txn();

  MDB_txn* get() const { return txn_; }

  Result<void> commit();
  /// Read transactions: to the newest snapshot. Cursors of it are closed before.
  Result<void> renew();

 private:
  Txn(const Env& env, MDB_txn* txn, std::shared_lock<std::shared_mutex> map)
      : env_(&env), txn_(txn), map_(std::move(map)) {}

  const Env* env_;
  MDB_txn* txn_;
  std::shared_lock<std::shared_mutex> map_;
};

struct CursorClose {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};

using Cursor = std::unique_ptr<MDB_cursor, CursorClose>;

Result<Cursor> open_cursor(const Env& env, const Txn& txn, MDB_dbi table);

inline MDB_val to_value(ByteView bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};  // LMDB does not write through it
}

inline MDB_val to_value(std::string_view text) {
  return to_value(as_bytes(text));
}

inline ByteView to_view(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

}  // namespace mesh::lmdb
