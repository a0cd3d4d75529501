// Writes MessagePack, each value in its shortest form. Allocates only to grow its buffer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <journal/identity.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::wire {

class Writer {
 public:
  explicit Writer(std::size_t reserve = 256) { data_.reserve(reserve); }

  void array(std::size_t count);
  void uint(std::uint64_t value);
  void sint(std::int64_t value);
  void real(double value);

  void boolean(bool value) { put(value ? 0xc3 : 0xc2); }

  void nil() { put(0xc0); }

  /// The text must be UTF-8; see clip_text.
  void text(std::string_view value);
  void bin(ByteView value);

  /// Bytes that are MessagePack already, or no MessagePack at all.
  void raw(ByteView value) { data_.insert(data_.end(), value.begin(), value.end()); }

  std::size_t size() const { return data_.size(); }

  std::vector<std::byte> take() { return std::move(data_); }

  /// How many bytes of settled ranges this message may still take. A message that would exceed what a
  /// receiver accepts leaves the highest ranges out: settled less is safe, just repeated work.
  std::size_t range_bytes_left = 96u << 10;
  std::size_t ranges_left = ranges_max;

 private:
  void put(unsigned byte) { data_.push_back(static_cast<std::byte>(byte)); }

  void big(std::uint64_t value, std::size_t size);
  void sized(std::uint64_t size, unsigned tag8, bool has8);

  std::vector<std::byte> data_;
};

/// Text as it may be sent: at most size_max bytes of UTF-8; other bytes become `?`.
std::string clip_text(std::string_view text, std::size_t size_max);

}  // namespace mesh::wire
