#include <journal/lmdb/env.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

namespace mesh::lmdb {

namespace {

constexpr mdb_mode_t file_mode = 0600;
constexpr unsigned readers_max = 254;
/// Below this much free space an EIO is taken for a full disk.
constexpr std::uint64_t full_below = 4 << 20;

bool is_full(const std::string& path) {
  struct statvfs status {};

  if (::statvfs(path.c_str(), &status) != 0) return false;
  return std::uint64_t{status.f_bavail} * status.f_frsize < full_below;
}

using FileId = std::pair<dev_t, ino_t>;

/// An entry whose weak_ptr has expired is being closed; opening waits for that.
struct Registry {
  std::mutex mutex;
  std::condition_variable closed;
  std::map<FileId, std::weak_ptr<Env>> envs;
};

Registry& registry() {
  static auto* const one = new Registry;  // never destroyed: journals may be closed by other static objects
  return *one;
}

/// LMDB opens its data file without O_CLOEXEC, one of the two descriptors out of reach; so look for them.
void close_on_exec(const FileId& id) {
  DIR* const list = ::opendir("/proc/self/fd");
  if (list == nullptr) return;
  while (const dirent* entry = ::readdir(list)) {
    const int fd = std::atoi(entry->d_name);

    struct stat status {};

    if (entry->d_name[0] == '.' || ::fstat(fd, &status) != 0) continue;
    if (FileId{status.st_dev, status.st_ino} == id) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  ::closedir(list);
}

struct EnvClose {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};

using RawEnv = std::unique_ptr<MDB_env, EnvClose>;

Result<RawEnv> open_raw(const std::string& path, const EnvOptions& options, unsigned flags) {
  MDB_env* made = nullptr;
  if (const int rc = mdb_env_create(&made); rc != 0) return env_error(rc, "set up", path);
  RawEnv env(made);
  if (options.map_size != 0) mdb_env_set_mapsize(made, options.map_size);
  mdb_env_set_maxreaders(made, readers_max);
  if (!options.tables.empty()) mdb_env_set_maxdbs(made, static_cast<MDB_dbi>(options.tables.size()));
  const int rc = mdb_env_open(made, path.c_str(), flags, file_mode);
  if (rc != 0) return env_error(rc, "open", path);
  return env;
}

/// Handles of the tables.
Result<std::vector<MDB_dbi>> open_tables(MDB_txn* txn, const EnvOptions& options, unsigned flags,
                                         const std::string& path) {
  std::vector<MDB_dbi> tables;
  const auto open_one = [&](const char* name) {
    tables.push_back(0);
    return mdb_dbi_open(txn, name, flags, &tables.back());
  };
  int rc = options.tables.empty() ? open_one(nullptr) : 0;
  for (std::size_t i = 0; i < options.tables.size() && rc == 0; ++i) rc = open_one(options.tables[i]);
  if (rc == MDB_NOTFOUND) return fail(Errc::journal_damaged, path + ": a table is missing");
  if (rc != 0) return env_error(rc, "open the tables of", path);
  return tables;
}

struct TxnAbort {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

using RawTxn = std::unique_ptr<MDB_txn, TxnAbort>;

Result<RawTxn> begin_raw(MDB_env* env, unsigned flags, const std::string& path) {
  MDB_txn* txn = nullptr;
  if (const int rc = mdb_txn_begin(env, nullptr, flags, &txn); rc != 0) return env_error(rc, "use", path);
  return RawTxn(txn);
}

}  // namespace

Error env_error(int code, const std::string& doing, const std::string& path) {
  const std::string text = "cannot " + doing + " " + path + ": " + mdb_strerror(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case MDB_MAP_FULL:
      return fail(Errc::disk_full, text);
    case EIO:
      return fail(is_full(path) ? Errc::disk_full : Errc::journal_io, text);
    case ENOENT:
      return fail(Errc::journal_missing, text);
    case MDB_NOTFOUND:
      return fail(Errc::not_found, text);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_INCOMPATIBLE:
    case MDB_VERSION_MISMATCH:
      return fail(Errc::journal_damaged, text);
    default:
      return fail(Errc::journal_io, text);
  }
}

Result<std::shared_ptr<Env>> Env::open(const std::string& path, const EnvOptions& options) {
  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) return env_error(errno, "open", path);
  const FileId id{status.st_dev, status.st_ino};
  Registry& all = registry();
  std::unique_lock lock(all.mutex);
  for (auto found = all.envs.find(id); found != all.envs.end(); found = all.envs.find(id)) {
    if (auto env = found->second.lock()) {
      lock.unlock();  // the last reference may be dropped here, and that takes the lock
      if (options.for_writing && !env->writable_) {
        return fail(Errc::journal_io, path + " is open in this process without permission to write");
      }
      if (options.for_writing) {
        if (auto done = env->prepare_writing(options); !done) return done.error();
      }
      return env;
    }
    all.closed.wait(lock);
  }
  // Readers open for writing too where they may, so that a writer in this process can share the handle.
  const unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
  const bool writable = ::access(path.c_str(), W_OK) == 0;
  if (options.for_writing && !writable) return env_error(errno, "write", path);
  const bool no_sync = options.for_writing && !options.sync;
  auto raw = open_raw(path, options, flags | (writable ? 0u : MDB_RDONLY) | (no_sync ? MDB_NOSYNC : 0u));
  if (!raw) return raw.error();
  close_on_exec(id);
  std::vector<MDB_dbi> tables;
  {
    auto txn = begin_raw(raw->get(), MDB_RDONLY, path);
    if (!txn) return txn.error();
    auto opened = open_tables(txn->get(), options, 0, path);
    if (!opened) return opened.error();
    if (const int rc = mdb_txn_commit(txn->release()); rc != 0) return env_error(rc, "open", path);
    tables = std::move(*opened);
  }
  auto env = std::shared_ptr<Env>(new Env(path, raw->release(), writable));
  env->tables_ = std::move(tables);
  all.envs[id] = env;
  return env;
}

std::shared_ptr<Env> Env::find(const std::string& path) {
  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) return nullptr;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.envs.find({status.st_dev, status.st_ino});
  return found == all.envs.end() ? nullptr : found->second.lock();
}

Result<void> Env::prepare_writing(const EnvOptions& options) const {
  mdb_env_set_flags(env_, MDB_NOSYNC, options.sync ? 0 : 1);
  MDB_envinfo info;
  if (const int rc = mdb_env_info(env_, &info); rc != 0) return env_error(rc, "map", path_);
  return options.map_size > info.me_mapsize ? resize_map(options.map_size) : Result<void>{};
}

Env::~Env() {
  struct stat status {};

  int fd = -1;
  const bool known = mdb_env_get_fd(env_, &fd) == 0 && ::fstat(fd, &status) == 0;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  mdb_env_close(env_);
  if (known) all.envs.erase({status.st_dev, status.st_ino});
  all.closed.notify_all();
}

Result<void> Env::create(const std::string& path, const EnvOptions& options, const Fill& fill) {
  auto env = open_raw(path, options, MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK);
  if (!env) return env.error();
  auto txn = begin_raw(env->get(), 0, path);
  if (!txn) return txn.error();
  const auto tables = open_tables(txn->get(), options, MDB_CREATE, path);
  if (!tables) return tables.error();
  if (fill) {
    if (auto filled = fill(txn->get(), *tables); !filled) return filled;
  }
  if (const int rc = mdb_txn_commit(txn->release()); rc != 0) return env_error(rc, "commit to", path);
  if (const int rc = mdb_env_sync(env->get(), 1); rc != 0) return env_error(rc, "sync", path);
  return {};
}

std::uint64_t Env::used_bytes() const {
  MDB_envinfo info;
  MDB_stat stat;
  if (mdb_env_info(env_, &info) != 0 || mdb_env_stat(env_, &stat) != 0) return 0;
  return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

Result<void> Env::sync() const {
  if (const int rc = mdb_env_sync(env_, 1); rc != 0) return env_error(rc, "sync", path_);
  return {};
}

void Env::check_readers() const {
  int dead = 0;
  mdb_reader_check(env_, &dead);
}

Result<void> Env::resize_map(std::uint64_t size) const {
  const std::unique_lock lock(map_mutex_);
  if (const int rc = mdb_env_set_mapsize(env_, size); rc != 0) return env_error(rc, "map", path_);
  return {};
}

bool Env::is_broken() const {
  MDB_txn* txn = nullptr;
  const int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
  if (rc == 0) mdb_txn_abort(txn);
  return rc == MDB_PANIC;
}

}  // namespace mesh::lmdb
