#include <journal/hash.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace mesh {

std::uint64_t detail::hash64(ByteView bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

KeyId key_id(const std::optional<std::string_view>& key) {
  if (!key) return 0;
  const std::uint64_t hash = XXH3_64bits(key->data(), key->size());
  return hash == 0 ? slot_count : hash;
}

Slot slot_of(const std::optional<std::string_view>& key, Seq seq) {
  const std::uint64_t number = key ? XXH3_64bits(key->data(), key->size()) : seq;
  return static_cast<Slot>(number % slot_count);
}

}  // namespace mesh
