// A small strict MessagePack writer and reader for the values of state tables.
//
// The reader is sticky: after the first thing that does not fit, ok() is false and everything read is zero or
// empty, so a decoder checks once at its end. It never allocates more than the bytes it was given allow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mesh::core {

class StateWriter {
 public:
  void array(std::size_t count);
  void number(std::uint64_t value);
  /// Times and durations: nanoseconds; MessagePack's signed integers when negative.
  void integer(std::int64_t value);
  void flag(bool value);
  void text(std::string_view value);
  void binary(std::string_view value);
  void real(double value);

  std::string take() { return std::move(out_); }

 private:
  void put(std::uint8_t byte) { out_.push_back(static_cast<char>(byte)); }

  void big(std::uint64_t value, unsigned bytes);
  std::string out_;
};

class StateReader {
 public:
  explicit StateReader(std::string_view in) : in_(in) {}

  /// An array of exactly this many elements.
  void array(std::size_t count);
  /// An array of at most this many; each element takes a byte at least, so the count is bounded by the input.
  std::size_t array_up_to(std::size_t count_max);
  std::uint64_t number(std::uint64_t max = ~std::uint64_t{0});
  std::int64_t integer();
  bool flag();
  std::string_view text(std::size_t size_max);
  std::string_view binary(std::size_t size_max);
  double real();

  /// Marks the value as damaged: what was read is not allowed here.
  void spoil() { ok_ = false; }

  bool ok() const { return ok_; }

  /// Everything fitted and nothing trails.
  bool done() const { return ok_ && in_.empty(); }

 private:
  std::uint8_t byte();
  std::uint64_t big(unsigned bytes);
  std::string_view raw(std::size_t size, std::size_t size_max);
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace mesh::core
