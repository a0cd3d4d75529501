#include <cstring>

#include <journal/append_rules.hpp>
#include <journal/lmdb/segment.hpp>

namespace mesh::lmdb {

namespace {

/// Room above segment_size: it is only looked at between appends, and an append may be large. Sparse.
constexpr std::uint64_t map_slack = 1ull << 30;

/// A read transaction holds back the reuse of pages, so it is renewed after this much.
constexpr std::size_t renew_after_bytes = 1 << 20;
constexpr unsigned renew_after_batches = 16;

std::uint64_t map_size_of(std::uint64_t segment_size) {
  return 2 * segment_size + map_slack;
}

/// One table's entries in a read transaction. rc tells: 0, MDB_NOTFOUND at the end, or an error.
class Entries {
 public:
  static Result<Entries> open(const Env& env) {
    auto txn = Txn::begin(env, Txn::Kind::read);
    if (!txn) return txn.error();
    auto cursor = open_cursor(env, *txn, env.table());
    if (!cursor) return cursor.error();
    return Entries(std::move(*txn), std::move(*cursor));
  }

  int move(MDB_cursor_op op) { return mdb_cursor_get(cursor_.get(), &key_, &value_, op); }

  /// To the last batch that begins at seq or before, or to the first.
  int seek(Seq seq) {
    const std::string wanted = key_through(seq);
    key_ = to_value(wanted);
    int rc = move(MDB_SET_RANGE);
    if (rc == MDB_NOTFOUND) return move(MDB_LAST);
    if (rc != 0) return rc;
    rc = move(MDB_PREV);
    return rc == MDB_NOTFOUND ? move(MDB_FIRST) : rc;
  }

  std::string_view key() const { return as_text(to_view(key_)); }

  ByteView value() const { return to_view(value_); }

 private:
  Entries(Txn&& txn, Cursor&& cursor) : txn_(std::move(txn)), cursor_(std::move(cursor)) {}

  Txn txn_;
  Cursor cursor_;  // closed before the transaction
  MDB_val key_{};
  MDB_val value_{};
};

}  // namespace

Result<void> ActiveSegment::create(const Paths& paths, Seq first, std::uint64_t segment_size) {
  const std::string path = paths.new_segment();
  if (auto done = remove_env_file(path); !done) return done;
  EnvOptions options;
  options.map_size = map_size_of(segment_size);
  if (auto done = Env::create(path, options); !done) return done;
  if (auto done = rename_file(path, paths.segment(first)); !done) return done;
  return sync_directory(paths.segments());
}

Result<std::shared_ptr<ActiveSegment>> ActiveSegment::open(const Paths& paths, Seq first,
                                                           const Origin& origin, const Options& options) {
  EnvOptions env_options;
  env_options.map_size = options.for_writing ? map_size_of(options.segment_size) : 0;
  env_options.for_writing = options.for_writing;
  env_options.sync = options.sync;
  auto env = Env::open(paths.segment(first), env_options);
  if (!env) return env.error();
  auto segment = std::shared_ptr<ActiveSegment>(new ActiveSegment(first, origin, std::move(*env)));
  if (options.for_writing) {
    segment->env_->check_readers();
    const auto last = segment->last();
    if (!last) return last.error();
    if (*last >= first) segment->event_bytes_ = segment->env_->used_bytes();
  }
  return segment;
}

Result<ReadEnd> ActiveSegment::read(Seq after, const Journal::BatchVisit& visit) const {
  ReadEnd end{after, false};
  for (;;) {
    auto entries = Entries::open(*env_);
    if (!entries) return entries.error();
    std::size_t bytes = 0;
    unsigned batches = 0;
    int rc = entries->seek(end.reached);
    for (; rc == 0 && bytes < renew_after_bytes && batches < renew_after_batches;
         rc = entries->move(MDB_NEXT)) {
      const auto batch = parse_stored(entries->key(), entries->value(), origin_, env_->path());
      if (!batch) return batch.error();
      if (batch->header.last <= end.reached) continue;
      if (!visit(*batch)) return ReadEnd{batch->header.last, true};
      end.reached = batch->header.last;
      bytes += batch->bytes.size();
      ++batches;
    }
    if (rc == MDB_NOTFOUND) return end;
    if (rc != 0) return env_error(rc, "read", env_->path());
  }
}

Result<std::optional<Batch>> ActiveSegment::batch_at(Seq seq) const {
  auto entries = Entries::open(*env_);
  if (!entries) return entries.error();
  const int rc = entries->seek(seq);
  if (rc == MDB_NOTFOUND) return std::optional<Batch>{};
  if (rc != 0) return env_error(rc, "read", env_->path());
  const auto batch = parse_stored(entries->key(), entries->value(), origin_, env_->path());
  if (!batch) return batch.error();
  return std::optional<Batch>(keep(*batch));
}

Result<Seq> ActiveSegment::last() const {
  const auto batch = batch_at(~Seq{0});
  if (!batch) return batch.error();
  return *batch ? (*batch)->header.last : first_ - 1;
}

Result<SegmentUsage> ActiveSegment::usage() const {
  SegmentUsage usage{first_, first_ - 1, 0, 0, env_->used_bytes(), true};
  const auto oldest = batch_at(first_);
  if (!oldest) return oldest.error();
  const auto newest = batch_at(~Seq{0});
  if (!newest) return newest.error();
  if (!*oldest || !*newest) return usage;
  usage.oldest = detail::first_time((*oldest)->view());
  usage.newest = detail::newest_time((*newest)->view());
  usage.last = (*newest)->header.last;
  return usage;
}

Result<void> ActiveSegment::append(std::span<const Batch> batches) {
  auto txn = Txn::begin(*env_, Txn::Kind::write);
  if (!txn) return txn.error();
  std::uint64_t bytes = 0;
  for (const auto& batch : batches) {
    std::byte raw_key[segment_key_size];
    put_segment_key(raw_key, batch.header);
    MDB_val key = to_value(ByteView(raw_key));
    MDB_val value{batch.size(), nullptr};
    const int rc = mdb_put(txn->get(), env_->table(), &key, &value, MDB_RESERVE | MDB_APPEND);
    if (rc != 0) return env_error(rc, "append to", env_->path());
    std::memcpy(value.mv_data, batch.bytes.data(), batch.size());
    bytes += batch.size();
  }
  if (auto done = txn->commit(); !done) return done;
  event_bytes_ += bytes;
  return {};
}

Result<void> ActiveSegment::erase_after(Seq seq) {
  auto txn = Txn::begin(*env_, Txn::Kind::write);
  if (!txn) return txn.error();
  auto cursor = open_cursor(*env_, *txn, env_->table());
  if (!cursor) return cursor.error();
  const std::string from = key_from(seq + 1);
  int rc = 0;
  while (rc == 0) {
    MDB_val key = to_value(from);
    MDB_val value{};
    rc = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_RANGE);
    if (rc == 0) rc = mdb_cursor_del(cursor->get(), 0);
  }
  if (rc != MDB_NOTFOUND) return env_error(rc, "erase from", env_->path());
  cursor->reset();
  return txn->commit();
}

}  // namespace mesh::lmdb
