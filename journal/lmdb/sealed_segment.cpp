#include <journal/append_rules.hpp>
#include <journal/lmdb/segment.hpp>
#include <journal/lmdb/tree_cursor.hpp>

namespace mesh::lmdb {

namespace {

constexpr std::size_t stored_size_max = event_size_limit + 2 * batch_body_target;

/// A sealed file while it is read.
struct Walk {
  PageFile file;
  MetaInfo meta;

  static Result<Walk> open(const std::string& path) {
    auto file = PageFile::open(path);
    if (!file) return file.error();
    const auto meta = file->newest_meta();
    if (!meta) return meta.error();
    return Walk{std::move(*file), *meta};
  }
};

Result<BatchView> batch_of(TreeCursor& cursor, const Origin& origin, const std::string& path) {
  const auto stored = cursor.read_value(stored_size_max);
  if (!stored) return stored.error();
  return parse_stored(cursor.key(), *stored, origin, path);
}

}  // namespace

Result<std::shared_ptr<const SealedSegment>> SealedSegment::open(const Paths& paths, Seq first,
                                                                 const Origin& origin) {
  auto segment = std::shared_ptr<SealedSegment>(new SealedSegment(paths.segment(first), origin));
  auto walk = Walk::open(segment->path_);
  if (!walk) return walk.error();
  SegmentUsage& usage = segment->usage_;
  usage.first = first;
  usage.last = first - 1;
  usage.bytes = (walk->meta.last_page + 1) * walk->meta.page_size;
  TreeCursor cursor(walk->file, walk->meta, walk->meta.main);
  const auto any = cursor.first();
  if (!any) return any.error();
  if (*any) {
    const auto oldest = batch_of(cursor, origin, segment->path_);
    if (!oldest) return oldest.error();
    if (oldest->header.first < first) return walk->file.damaged("it holds seqs below its name");
    usage.oldest = detail::first_time(*oldest);
    if (const auto found = cursor.last(); !found) return found.error();
    const auto newest = batch_of(cursor, origin, segment->path_);
    if (!newest) return newest.error();
    usage.newest = detail::newest_time(*newest);
    usage.last = newest->header.last;
  }
  return std::shared_ptr<const SealedSegment>(std::move(segment));
}

Result<ReadEnd> SealedSegment::read(Seq after, const Journal::BatchVisit& visit) const {
  ReadEnd end{after, false};
  if (usage_.last <= after) return end;
  auto walk = Walk::open(path_);
  if (!walk) return walk.error();
  TreeCursor cursor(walk->file, walk->meta, walk->meta.main);
  auto more = cursor.seek(key_through(after));
  for (; more && *more; more = cursor.next()) {
    auto batch = batch_of(cursor, origin_, path_);
    if (!batch) return batch.error();
    if (batch->header.last <= after) continue;
    const auto owner = cursor.owner();
    if (owner != nullptr) batch->owner = &owner;
    if (batch->header.first <= end.reached && end.reached != after) {
      return walk->file.damaged("batches overlap");
    }
    if (!visit(*batch)) return ReadEnd{batch->header.last, true};
    end.reached = batch->header.last;
  }
  if (!more) return more.error();
  if (end.reached < usage_.last) return walk->file.damaged("its last batches are missing");
  return end;
}

Result<std::optional<Batch>> SealedSegment::batch_at(Seq seq) const {
  auto walk = Walk::open(path_);
  if (!walk) return walk.error();
  TreeCursor cursor(walk->file, walk->meta, walk->meta.main);
  const auto found = cursor.seek(key_through(seq));
  if (!found) return found.error();
  if (!*found) return std::optional<Batch>{};
  const auto batch = batch_of(cursor, origin_, path_);
  if (!batch) return batch.error();
  return std::optional<Batch>(keep(*batch));
}

}  // namespace mesh::lmdb
