#include <bit>

#include <journal/topic.hpp>
#include <mesh/wire/writer.hpp>

namespace mesh::wire {

void Writer::big(std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i-- > 0;) put(static_cast<unsigned>(value >> (8 * i)) & 0xffu);
}

// Tag and size of a str, bin or array: its 8, 16 and 32 bit forms have tags in a row.
void Writer::sized(std::uint64_t size, unsigned tag8, bool has8) {
  if (has8 && size <= 0xff) {
    put(tag8);
    big(size, 1);
  } else if (size <= 0xffff) {
    put(tag8 + 1);
    big(size, 2);
  } else {
    put(tag8 + 2);
    big(size, 4);
  }
}

void Writer::array(std::size_t count) {
  if (count <= 15) return put(0x90u | static_cast<unsigned>(count));
  sized(count, 0xdb, false);
}

void Writer::uint(std::uint64_t value) {
  if (value < 0x80) return put(static_cast<unsigned>(value));
  const unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffff'ffff ? 2 : 3;
  put(0xccu + power);
  big(value, std::size_t{1} << power);
}

void Writer::sint(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= 0) return uint(bits);
  if (value >= -32) return put(static_cast<unsigned>(bits & 0xff));
  const unsigned power = value >= INT8_MIN ? 0 : value >= INT16_MIN ? 1 : value >= INT32_MIN ? 2 : 3;
  put(0xd0u + power);
  big(bits, std::size_t{1} << power);
}

void Writer::real(double value) {
  put(0xcb);
  big(std::bit_cast<std::uint64_t>(value), 8);
}

void Writer::text(std::string_view value) {
  if (value.size() <= 31) {
    put(0xa0u | static_cast<unsigned>(value.size()));
  } else {
    sized(value.size(), 0xd9, true);
  }
  raw(as_bytes(value));
}

void Writer::bin(ByteView value) {
  sized(value.size(), 0xc4, true);
  raw(value);
}

std::string clip_text(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max && is_utf8(text)) return std::string(text);
  std::string clipped;
  for (std::size_t at = 0; at < text.size() && clipped.size() < size_max;) {
    std::size_t size = 1;
    while (size <= 4 && !is_utf8(text.substr(at, size))) ++size;
    const std::string_view letter = size <= 4 ? text.substr(at, size) : "?";
    if (clipped.size() + letter.size() > size_max) break;
    clipped += letter;
    at += size <= 4 ? size : 1;
  }
  return clipped;
}

}  // namespace mesh::wire
