#include <journal/hash.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

// A batch's checksum runs over 256 KiB: there the widest vectors of this processor pay (twice the speed), not
// only those of every processor. libxxhash chooses at run time.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#define ZMESH_HASH_DISPATCH
extern "C" XXH64_hash_t XXH3_64bits_withSeed_dispatch(const void* input, size_t size, XXH64_hash_t seed);
#endif

namespace mesh {

std::uint64_t detail::hash64(ByteView bytes, std::uint64_t seed) {
#ifdef ZMESH_HASH_DISPATCH
  constexpr std::size_t long_from = 1024;
  if (bytes.size() >= long_from) return XXH3_64bits_withSeed_dispatch(bytes.data(), bytes.size(), seed);
#endif
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
