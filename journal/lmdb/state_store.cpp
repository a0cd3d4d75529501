#include <journal/lmdb/state_store.hpp>

#include <array>

#include <journal/lmdb/verify.hpp>

namespace mesh::lmdb {

namespace {

/// Sparse; only what is used takes space. Nobody should meet a full map.
constexpr std::uint64_t map_size = 64ull << 30;

constexpr std::size_t mark_size_max = 4096;

/// In the order of Table, from 1.
constexpr std::array<const char*, 6> table_names = {"meta",    "groups", "ledgers",
                                                    "retries", "parked", "audit"};

std::size_t index_of(Table table) {
  return static_cast<std::size_t>(table) - 1;
}

int put(MDB_txn* txn, MDB_dbi dbi, Table table, std::string_view key, std::string_view value) {
  const std::string stored = seal_value(table, key, value);
  MDB_val raw_key = to_value(key);
  MDB_val raw_value = to_value(stored);
  return mdb_put(txn, dbi, &raw_key, &raw_value, 0);
}

Error damaged_entry(const std::string& path, Table table, std::string_view key) {
  return fail(Errc::journal_damaged, path + ": the checksum of an entry of table " +
                                         table_names[index_of(table)] + " does not hold (key of " +
                                         std::to_string(key.size()) + " bytes)");
}

}  // namespace

std::optional<Table> table_of_name(std::string_view name) {
  for (std::size_t i = 0; i < table_names.size(); ++i) {
    if (name == table_names[i]) return static_cast<Table>(i + 1);
  }
  return std::nullopt;
}

Result<void> build_state(const Paths& paths, const Marks& marks, std::span<const StateWrite> writes) {
  const std::string path = paths.new_state();
  if (auto done = remove_env_file(path); !done) return done;
  EnvOptions options;
  options.map_size = map_size;
  options.tables = table_names;
  const auto fill = [&](MDB_txn* txn, std::span<const MDB_dbi> tables) -> Result<void> {
    for (const auto& [key, value] : encode_marks(marks)) {
      const int rc = put(txn, tables[index_of(Table::meta)], Table::meta, key, value);
      if (rc != 0) return env_error(rc, "write", path);
    }
    for (const auto& write : writes) {
      if (!write.value) continue;
      const int rc = put(txn, tables[index_of(write.table)], write.table, write.key, *write.value);
      if (rc != 0) return env_error(rc, "write", path);
    }
    return {};
  };
  return Env::create(path, options, fill);
}

Result<void> create_state(const Paths& paths, const Marks& marks) {
  if (auto done = build_state(paths, marks, {}); !done) return done;
  if (auto done = rename_file(paths.new_state(), paths.state()); !done) return done;
  return sync_directory(paths.directory);
}

Result<Marks> verify_state(const Paths& paths, bool is_shared) {
  for (unsigned tries = 0;; ++tries) {
    const auto file = PageFile::open(paths.state());
    if (!file) return file.error();
    VerifyOptions options;
    options.has_tables = true;
    options.is_shared = is_shared;
    const auto meta = verify_file(*file, options);
    if (!meta) return meta.error();
    const auto table = find_table(*file, *meta, table_names[0]);
    if (!table) return table.error();
    const FindMark find = [&](std::string_view key) -> Result<std::optional<std::string>> {
      if (!*table) return std::optional<std::string>{};
      auto stored = find_value(*file, *meta, **table, key, mark_size_max);
      if (!stored || !*stored) return stored;
      // The format mark alone is read whatever follows it, so that a later format may seal differently.
      if (key == "format") return stored;
      const auto value = unseal_value(Table::meta, key, **stored);
      if (!value) return damaged_entry(paths.state(), Table::meta, key);
      return std::optional<std::string>(*value);
    };
    auto marks = decode_marks(find);
    if (marks || !is_shared || tries >= 100) return marks;
  }
}

Result<StateStore> StateStore::open(const Paths& paths, bool for_writing) {
  EnvOptions options;
  options.map_size = for_writing ? map_size : 0;
  options.tables = table_names;
  options.for_writing = for_writing;
  auto env = Env::open(paths.state(), options);
  if (!env) return env.error();
  if (for_writing) (*env)->check_readers();
  return StateStore(paths, std::move(*env));
}

Result<Marks> StateStore::read_marks() const {
  return decode_marks([this](std::string_view key) { return read(Table::meta, key); });
}

Result<void> StateStore::put_all(std::span<const StateWrite> writes, const Marks* marks) {
  auto txn = Txn::begin(*env_, Txn::Kind::write);
  if (!txn) return txn.error();
  for (const auto& write : writes) {
    const MDB_dbi dbi = env_->table(index_of(write.table));
    MDB_val key = to_value(write.key);
    int rc = write.value ? put(txn->get(), dbi, write.table, write.key, *write.value)
                         : mdb_del(txn->get(), dbi, &key, nullptr);
    if (!write.value && rc == MDB_NOTFOUND) rc = 0;
    if (rc != 0) return env_error(rc, "write", env_->path());
  }
  if (marks != nullptr) {
    for (const auto& [key, value] : encode_marks(*marks)) {
      const int rc = put(txn->get(), env_->table(index_of(Table::meta)), Table::meta, key, value);
      if (rc != 0) return env_error(rc, "write", env_->path());
    }
  }
  return txn->commit();
}

Result<void> StateStore::write(std::span<const StateWrite> writes, const Marks* marks) {
  if (!env_ || env_->is_broken()) {
    if (auto done = reopen(); !done) return done;
  }
  return put_all(writes, marks);
}

Result<void> StateStore::reopen() {
  const std::weak_ptr<Env> old = env_;
  env_.reset();
  if (auto still = old.lock()) {
    env_ = std::move(still);
    return fail(Errc::journal_io, paths_.state() + " cannot be reopened while somebody reads it");
  }
  auto again = open(paths_, true);
  if (!again) return again.error();
  env_ = std::move(again->env_);
  return {};
}

Result<std::optional<std::string>> StateStore::read(Table table, std::string_view key) const {
  if (!env_) return fail(Errc::journal_io, paths_.state() + " could not be reopened after an error");
  auto txn = Txn::begin(*env_, Txn::Kind::read);
  if (!txn) return txn.error();
  MDB_val raw_key = to_value(key);
  MDB_val stored;
  const int rc = mdb_get(txn->get(), env_->table(index_of(table)), &raw_key, &stored);
  if (rc == MDB_NOTFOUND) return std::optional<std::string>{};
  if (rc != 0) return env_error(rc, "read", env_->path());
  const auto value = unseal_value(table, key, as_text(to_view(stored)));
  if (!value) return damaged_entry(env_->path(), table, key);
  return std::optional<std::string>(*value);
}

Result<void> StateStore::scan(Table table, std::string_view key_prefix,
                              const Journal::StateVisit& visit) const {
  if (!env_) return fail(Errc::journal_io, paths_.state() + " could not be reopened after an error");
  auto txn = Txn::begin(*env_, Txn::Kind::read);
  if (!txn) return txn.error();
  auto cursor = open_cursor(*env_, *txn, env_->table(index_of(table)));
  if (!cursor) return cursor.error();
  MDB_val key = to_value(key_prefix);
  MDB_val stored;
  int rc = mdb_cursor_get(cursor->get(), &key, &stored, key_prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; rc == 0; rc = mdb_cursor_get(cursor->get(), &key, &stored, MDB_NEXT)) {
    const std::string_view name = as_text(to_view(key));
    if (!name.starts_with(key_prefix)) return {};
    const auto value = unseal_value(table, name, as_text(to_view(stored)));
    if (!value) return damaged_entry(env_->path(), table, name);
    if (!visit(name, *value)) return {};
  }
  if (rc != MDB_NOTFOUND) return env_error(rc, "read", env_->path());
  return {};
}

}  // namespace mesh::lmdb
