#include <bit>
#include <limits>

#include <mesh/core/publisher/state_pack.hpp>

namespace mesh::core {

void StateWriter::big(std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) put(static_cast<std::uint8_t>(value >> (8 * i)));
}

void StateWriter::array(std::size_t count) {
  if (count < 16) return put(static_cast<std::uint8_t>(0x90 | count));
  if (count <= 0xffff) return put(0xdc), big(count, 2);
  put(0xdd), big(count, 4);
}

void StateWriter::number(std::uint64_t value) {
  if (value < 128) return put(static_cast<std::uint8_t>(value));
  if (value <= 0xff) return put(0xcc), big(value, 1);
  if (value <= 0xffff) return put(0xcd), big(value, 2);
  if (value <= 0xffffffff) return put(0xce), big(value, 4);
  put(0xcf), big(value, 8);
}

void StateWriter::integer(std::int64_t value) {
  if (value >= 0) return number(static_cast<std::uint64_t>(value));
  put(0xd3), big(static_cast<std::uint64_t>(value), 8);
}

void StateWriter::flag(bool value) {
  put(value ? 0xc3 : 0xc2);
}

void StateWriter::text(std::string_view value) {
  if (value.size() < 32) {
    put(static_cast<std::uint8_t>(0xa0 | value.size()));
  } else if (value.size() <= 0xff) {
    put(0xd9), big(value.size(), 1);
  } else if (value.size() <= 0xffff) {
    put(0xda), big(value.size(), 2);
  } else {
    put(0xdb), big(value.size(), 4);
  }
  out_.append(value);
}

void StateWriter::binary(std::string_view value) {
  if (value.size() <= 0xff) {
    put(0xc4), big(value.size(), 1);
  } else if (value.size() <= 0xffff) {
    put(0xc5), big(value.size(), 2);
  } else {
    put(0xc6), big(value.size(), 4);
  }
  out_.append(value);
}

void StateWriter::real(double value) {
  put(0xcb), big(std::bit_cast<std::uint64_t>(value), 8);
}

std::uint8_t StateReader::byte() {
  if (in_.empty()) spoil();
  if (!ok_) return 0;
  const auto value = static_cast<std::uint8_t>(in_.front());
  in_.remove_prefix(1);
  return value;
}

std::uint64_t StateReader::big(unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value = value << 8 | byte();
  return ok_ ? value : 0;
}

std::string_view StateReader::raw(std::size_t size, std::size_t size_max) {
  if (size > size_max || size > in_.size()) spoil();
  if (!ok_) return {};
  const auto value = in_.substr(0, size);
  in_.remove_prefix(size);
  return value;
}

std::size_t StateReader::array_up_to(std::size_t count_max) {
  const std::uint8_t tag = byte();
  std::size_t count = 0;
  if ((tag & 0xf0) == 0x90) {
    count = tag & 0x0f;
  } else if (tag == 0xdc) {
    count = big(2);
  } else if (tag == 0xdd) {
    count = big(4);
  } else {
    spoil();
  }
  if (count > count_max || count > in_.size()) spoil();
  return ok_ ? count : 0;
}

void StateReader::array(std::size_t count) {
  if (array_up_to(count) != count) spoil();
}

std::uint64_t StateReader::number(std::uint64_t max) {
  const std::uint8_t tag = byte();
  std::uint64_t value = 0;
  if (tag < 128) {
    value = tag;
  } else if (tag >= 0xcc && tag <= 0xcf) {
    value = big(1u << (tag - 0xcc));
  } else {
    spoil();
  }
  if (value > max) spoil();
  return ok_ ? value : 0;
}

std::int64_t StateReader::integer() {
  if (!in_.empty() && static_cast<std::uint8_t>(in_.front()) == 0xd3) {
    byte();
    return static_cast<std::int64_t>(big(8));
  }
  return static_cast<std::int64_t>(
      number(static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

bool StateReader::flag() {
  const std::uint8_t tag = byte();
  if (tag != 0xc2 && tag != 0xc3) spoil();
  return ok_ && tag == 0xc3;
}

std::string_view StateReader::text(std::size_t size_max) {
  const std::uint8_t tag = byte();
  if ((tag & 0xe0) == 0xa0) return raw(tag & 0x1f, size_max);
  if (tag == 0xd9) return raw(big(1), size_max);
  if (tag == 0xda) return raw(big(2), size_max);
  if (tag == 0xdb) return raw(big(4), size_max);
  spoil();
  return {};
}

std::string_view StateReader::binary(std::size_t size_max) {
  const std::uint8_t tag = byte();
  if (tag == 0xc4) return raw(big(1), size_max);
  if (tag == 0xc5) return raw(big(2), size_max);
  if (tag == 0xc6) return raw(big(4), size_max);
  spoil();
  return {};
}

double StateReader::real() {
  if (byte() != 0xcb) spoil();
  const auto value = std::bit_cast<double>(big(8));
  return ok_ ? value : 0.0;
}

}  // namespace mesh::core
