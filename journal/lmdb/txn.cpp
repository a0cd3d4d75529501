#include <journal/lmdb/env.hpp>

#include <utility>

namespace mesh::lmdb {

Result<Txn> Txn::begin(const Env& env, Kind kind) {
  for (int tries = 0;; ++tries) {
    auto map = env.hold_map();
    MDB_txn* txn = nullptr;
    const int rc = mdb_txn_begin(env.get(), nullptr, kind == Kind::read ? MDB_RDONLY : 0, &txn);
    if (rc == 0) return Txn(env, txn, std::move(map));
    if (rc != MDB_MAP_RESIZED || tries >= 3) return env_error(rc, "use", env.path());
    map.unlock();
    if (auto done = env.resize_map(0); !done) return done.error();
  }
}

Txn::Txn(Txn&& other) noexcept
    : env_(other.env_), txn_(std::exchange(other.txn_, nullptr)), map_(std::move(other.map_)) {}

Txn::~Txn() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

Result<void> Txn::commit() {
  const int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
  if (rc != 0) return env_error(rc, "commit to", env_->path());
  return {};
}

Result<void> Txn::renew() {
  mdb_txn_reset(txn_);
  if (const int rc = mdb_txn_renew(txn_); rc != 0) return env_error(rc, "use", env_->path());
  return {};
}

Result<Cursor> open_cursor(const Env& env, const Txn& txn, MDB_dbi table) {
  MDB_cursor* cursor = nullptr;
  if (const int rc = mdb_cursor_open(txn.get(), table, &cursor); rc != 0) {
    return env_error(rc, "read", env.path());
  }
  return Cursor(cursor);
}

}  // namespace mesh::lmdb
