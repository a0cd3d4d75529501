// Big-endian integers in raw bytes.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace mesh::detail {

static_assert(std::endian::native == std::endian::little, "LMDB files and this code assume little-endian");

template <std::unsigned_integral T>
T swap_bytes(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
T load_big(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return swap_bytes(value);
}

/// Writes value and returns the place after it.
template <std::unsigned_integral T>
std::byte* store_big(std::byte* to, T value) {
  value = swap_bytes(value);
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

}  // namespace mesh::detail
