#include <bit>

#include <journal/topic.hpp>
#include <mesh/wire/reader.hpp>

namespace mesh::wire {
namespace {

constexpr int depth_max = 8;

}  // namespace

void Reader::fail(std::string_view field, std::string_view what) {
  if (!ok()) return;
  error_.append(message_).append(": ").append(field).append(" ").append(what);
  at_ = bytes_.size();
}

// Big-endian integer of `size` bytes; fails when they are not there.
std::uint64_t Reader::big(std::size_t size) {
  if (bytes_.size() - at_ < size) {
    fail("message", "is cut short");
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[at_++]);
  return value;
}

ByteView Reader::take(std::string_view field, std::uint64_t size) {
  if (!ok() || bytes_.size() - at_ < size) {
    fail(field, "is cut short");
    return {};
  }
  const ByteView view = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += static_cast<std::size_t>(size);
  return view;
}

std::size_t Reader::array(std::string_view field, std::size_t count_min, std::size_t count_max) {
  const unsigned tag = peek();
  std::uint64_t count = tag & 0x0fu;
  if (tag == 0xdc || tag == 0xdd) {
    ++at_;
    count = big(tag == 0xdc ? 2 : 4);
  } else if ((tag & 0xf0u) == 0x90u) {
    ++at_;
  } else {
    fail(field, "is not an array");
  }
  if (ok() && (count < count_min || count > count_max)) fail(field, "has a wrong number of elements");
  // Every element takes a byte at least: a claim beyond the buffer must not make anybody reserve memory.
  if (ok() && count > bytes_.size() - at_) fail(field, "is cut short");
  return ok() ? static_cast<std::size_t>(count) : 0;
}

// The magnitude is that of the value; for negative ones of its complement (-1 - value).
bool Reader::integer(std::uint64_t& magnitude, bool& negative) {
  const unsigned tag = peek();
  negative = false;
  if (tag < 0x80u) {
    ++at_;
    magnitude = tag;
    return true;
  }
  if (tag >= 0xe0u) {
    ++at_;
    negative = true;
    magnitude = 0xffu - tag;
    return true;
  }
  if (tag < 0xccu || tag > 0xd3u) return false;
  ++at_;
  const std::size_t size = std::size_t{1} << (tag & 3u);
  magnitude = big(size);
  if (tag >= 0xd0u && (magnitude >> (8 * size - 1)) != 0) {
    negative = true;
    magnitude = ~magnitude & (~std::uint64_t{0} >> (64 - 8 * size));
  }
  return ok();
}

std::uint64_t Reader::uint(std::string_view field, std::uint64_t max) {
  std::uint64_t value = 0;
  bool negative = false;
  if (!integer(value, negative)) {
    fail(field, "is not an integer");
  } else if (negative || value > max) {
    fail(field, "is out of range");
  }
  return ok() ? value : 0;
}

std::int64_t Reader::sint(std::string_view field, std::int64_t min, std::int64_t max) {
  std::uint64_t magnitude = 0;
  bool negative = false;
  if (!integer(magnitude, negative)) {
    fail(field, "is not an integer");
    return 0;
  }
  if (magnitude > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    fail(field, "is out of range");
    return 0;
  }
  const auto small = static_cast<std::int64_t>(magnitude);
  const std::int64_t value = negative ? -1 - small : small;
  if (value < min || value > max) {
    fail(field, "is out of range");
    return 0;
  }
  return value;
}

double Reader::real(std::string_view field) {
  const unsigned tag = peek();
  if (tag == 0xca || tag == 0xcb) {
    ++at_;
    const std::uint64_t raw = big(tag == 0xca ? 4 : 8);
    if (!ok()) return 0;
    return tag == 0xca ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(raw)))
                       : std::bit_cast<double>(raw);
  }
  return static_cast<double>(sint(field));
}

bool Reader::boolean(std::string_view field) {
  const unsigned tag = peek();
  if (tag != 0xc2 && tag != 0xc3) {
    fail(field, "is not a boolean");
    return false;
  }
  ++at_;
  return tag == 0xc3;
}

std::string_view Reader::text(std::string_view field, std::size_t size_max) {
  const unsigned tag = peek();
  std::uint64_t size = tag & 0x1fu;
  if (tag >= 0xd9 && tag <= 0xdb) {
    ++at_;
    size = big(std::size_t{1} << (tag - 0xd9));
  } else if ((tag & 0xe0u) == 0xa0u) {
    ++at_;
  } else {
    fail(field, "is not a string");
  }
  if (ok() && size > size_max) fail(field, "is too long");
  const std::string_view view = ok() ? as_text(take(field, size)) : std::string_view{};
  if (ok() && !is_utf8(view)) fail(field, "is not UTF-8");
  return ok() ? view : std::string_view{};
}

ByteView Reader::bin(std::string_view field, std::size_t size_max) {
  const unsigned tag = peek();
  if (tag < 0xc4 || tag > 0xc6) {
    fail(field, "is not binary");
    return {};
  }
  ++at_;
  const std::uint64_t size = big(std::size_t{1} << (tag - 0xc4));
  if (ok() && size > size_max) fail(field, "is too long");
  return ok() ? take(field, size) : ByteView{};
}

bool Reader::nil() {
  if (peek() != 0xc0) return false;
  ++at_;
  return true;
}

// Passes over a value but not over its elements, whose number it returns.
std::uint64_t Reader::skip_one(std::string_view field) {
  const unsigned tag = peek();
  if (at_ == bytes_.size() || tag == 0xc1) {
    fail(field, "is not MessagePack");
    return 0;
  }
  ++at_;
  if (tag < 0x80u || tag >= 0xe0u || (tag >= 0xc0 && tag <= 0xc3)) return 0;  // fixint, nil, booleans
  if (tag < 0x90u) return 2 * (tag & 0x0fu);                                  // fixmap
  if (tag < 0xa0u) return tag & 0x0fu;                                        // fixarray
  std::uint64_t size = 0;
  if (tag < 0xc0u) {
    size = tag & 0x1fu;  // fixstr
  } else if (tag <= 0xc6) {
    size = big(std::size_t{1} << (tag - 0xc4));  // bin
  } else if (tag <= 0xc9) {
    size = 1 + big(std::size_t{1} << (tag - 0xc7));  // ext
  } else if (tag <= 0xcb) {
    size = tag == 0xca ? 4 : 8;  // floats
  } else if (tag <= 0xd3) {
    size = std::uint64_t{1} << (tag & 3u);  // integers
  } else if (tag <= 0xd8) {
    size = 1 + (std::uint64_t{1} << (tag - 0xd4));  // fixext
  } else if (tag <= 0xdb) {
    size = big(std::size_t{1} << (tag - 0xd9));  // str
  } else {
    const std::uint64_t count = big(tag % 2 == 0 ? 2 : 4);  // array and map, 16 and 32 bits
    return tag <= 0xdd ? count : 2 * count;
  }
  take(field, size);
  return 0;
}

void Reader::skip(std::string_view field) {
  std::uint64_t left[depth_max + 1] = {1};
  int depth = 0;
  while (ok() && depth >= 0) {
    if (left[depth] == 0) {
      --depth;
      continue;
    }
    --left[depth];
    const std::uint64_t inside = skip_one(field);
    if (inside == 0) continue;
    if (depth == depth_max) return fail(field, "is nested too deep");
    left[++depth] = inside;
  }
}

void Reader::finish() {
  if (ok() && !done()) fail("message", "has bytes after its end");
}

}  // namespace mesh::wire
