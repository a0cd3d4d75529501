#include <journal/big_endian.hpp>
#include <journal/lmdb/segment.hpp>
#include <journal/lmdb/verify.hpp>

namespace mesh::lmdb {

void put_segment_key(std::byte* to, const BatchHeader& header) {
  detail::store_big(detail::store_big(detail::store_big(to, header.first), header.last), header.count);
}

std::string key_from(Seq first) {
  std::string key(sizeof first, '\0');
  detail::store_big(reinterpret_cast<std::byte*>(key.data()), first);
  return key;
}

std::string key_through(Seq first) {
  std::string key = key_from(first);
  key.resize(segment_key_size, '\xff');
  return key;
}

std::optional<SeqRange> parse_segment_key(std::string_view key) {
  if (key.size() != segment_key_size) return std::nullopt;
  const std::byte* at = as_bytes(key).data();
  const SeqRange range{detail::load_big<Seq>(at), detail::load_big<Seq>(at + sizeof(Seq))};
  if (range.first == 0 || range.empty()) return std::nullopt;
  return range;
}

Result<BatchView> parse_stored(std::string_view key, ByteView stored, const Origin& origin,
                               const std::string& path) {
  const auto damaged = [&path](const std::string& what) {
    return fail(Errc::journal_damaged, path + ": " + what);
  };
  const auto range = parse_segment_key(key);
  if (!range) return damaged("a key is not that of a batch");
  auto batch = parse_batch(stored);
  if (!batch)
    return fail(batch.error().code,
                path + " at seq " + std::to_string(range->first) + ": " + batch.error().text);
  std::byte due[segment_key_size];
  put_segment_key(due, batch->header);
  if (key != as_text(due)) return damaged("a batch lies under another key than its own");
  if (batch->header.origin != origin) return damaged("a batch is of another origin");
  if (batch->header.flags != 0) return damaged("a stored batch has flags");
  return batch;
}

Result<MetaInfo> verify_segment(const Paths& paths, Seq first, const Origin& origin, Depth depth,
                                bool is_shared) {
  const std::string path = paths.segment(first);
  const auto file = PageFile::open(path);
  if (!file) return file.error();
  Seq next = first;
  std::vector<EventView> events;
  VerifyOptions options;
  options.is_shared = is_shared;
  options.visit = [&](TreeCursor& cursor) -> Result<void> {
    const auto range = parse_segment_key(cursor.key());
    if (!range || range->first < next) return file->damaged("a key is not the one that is due");
    next = range->last + 1;
    if (depth == Depth::structure) return {};
    const auto stored = cursor.read_value(event_size_limit + 2 * batch_body_target);
    if (!stored) return stored.error();
    const auto batch = parse_stored(cursor.key(), *stored, origin, path);
    if (!batch) return batch.error();
    return decode_events(*batch, events);
  };
  return verify_file(*file, options);
}

}  // namespace mesh::lmdb
