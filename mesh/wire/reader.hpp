// Reads MessagePack from bytes that anybody may have sent. Each value must be of the expected type, within
// its bounds and inside the buffer. The first failure sticks: from then on everything reads as empty, so a
// decoder reads straight through and looks at ok() before it uses what it has (and in every loop).
//
// Any encoding of an integer is accepted that holds it (also the long forms), so that other languages'
// packers need no care. Nothing is copied; text and bin point into the buffer.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <journal/identity.hpp>
#include <journal/result.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::wire {

class Reader {
 public:
  /// `message` begins every error's text. It must outlive the reader.
  Reader(ByteView bytes, std::string_view message) : bytes_(bytes), message_(message) {}

  bool ok() const { return error_.empty(); }

  bool done() const { return at_ == bytes_.size(); }

  /// Once it is known what the message is.
  void rename(std::string_view message) { message_ = message; }

  /// Notes a failure, unless there was one. `field` names what was read.
  void fail(std::string_view field, std::string_view what);

  /// The failure as an Error. Precondition: not ok().
  Error error() const { return mesh::fail(Errc::protocol, error_); }

  /// Element count of an array that must have count_min to count_max of them.
  std::size_t array(std::string_view field, std::size_t count_min, std::size_t count_max);
  std::uint64_t uint(std::string_view field, std::uint64_t max = std::numeric_limits<std::uint64_t>::max());

  std::uint32_t uint32(std::string_view field) {
    return static_cast<std::uint32_t>(uint(field, std::numeric_limits<std::uint32_t>::max()));
  }

  std::int64_t sint(std::string_view field, std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                    std::int64_t max = std::numeric_limits<std::int64_t>::max());
  /// A float, or an integer that stands for one.
  double real(std::string_view field);
  bool boolean(std::string_view field);
  /// UTF-8 of at most size_max bytes.
  std::string_view text(std::string_view field, std::size_t size_max);
  ByteView bin(std::string_view field, std::size_t size_max);
  /// True, and nil is taken, when the next value is nil.
  bool nil();
  /// Passes over one value of any type, nested at most 8 deep.
  void skip(std::string_view field);
  /// Everything was read, else it fails.
  void finish();

  /// How many settled ranges the message may still bring.
  std::size_t ranges_left = ranges_max;
  /// How many of the fields that were appended later (Shape::later) the message has.
  std::size_t later = 0;

 private:
  unsigned peek() const { return at_ < bytes_.size() ? std::to_integer<unsigned>(bytes_[at_]) : 0xc1u; }

  std::uint64_t big(std::size_t size);
  bool integer(std::uint64_t& magnitude, bool& negative);
  ByteView take(std::string_view field, std::uint64_t size);
  std::uint64_t skip_one(std::string_view field);

  ByteView bytes_;
  std::size_t at_ = 0;
  std::string_view message_;
  std::string error_;
};

}  // namespace mesh::wire
