#include <journal/big_endian.hpp>
#include <journal/lmdb/segment.hpp>
#include <journal/lmdb/verify.hpp>

namespace mesh::lmdb {

std::string segment_key(Seq first) {
  std::string key(sizeof first, '\0');
  detail::store_big(reinterpret_cast<std::byte*>(key.data()), first);
  return key;
}

Result<BatchView> parse_stored(std::string_view key, ByteView stored, const Origin& origin,
                               const std::string& path) {
  const auto damaged = [&path](const std::string& what) {
    return fail(Errc::journal_damaged, path + ": " + what);
  };
  if (key.size() != sizeof(Seq)) return damaged("a key is not a seq");
  const auto first = detail::load_big<Seq>(as_bytes(key).data());
  auto batch = parse_batch(stored);
  if (!batch)
    return fail(batch.error().code, path + " at seq " + std::to_string(first) + ": " + batch.error().text);
  if (batch->header.first != first) return damaged("a batch lies under another seq than its own");
  if (batch->header.origin != origin) return damaged("a batch is of another origin");
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
    if (cursor.key().size() != sizeof(Seq) || cursor.key() < segment_key(next)) {
      return file->damaged("a key is not the seq that is due");
    }
    if (depth == Depth::structure) return {};
    const auto stored = cursor.read_value(event_size_limit + 2 * batch_body_target);
    if (!stored) return stored.error();
    const auto batch = parse_stored(cursor.key(), *stored, origin, path);
    if (!batch) return batch.error();
    if (auto decoded = decode_events(*batch, events); !decoded) return decoded;
    next = batch->header.last + 1;
    return {};
  };
  return verify_file(*file, options);
}

}  // namespace mesh::lmdb
