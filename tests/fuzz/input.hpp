// What a fuzzer's bytes are turned into: choices, numbers and frames.
#pragma once

#include <cstring>
#include <vector>

#include <journal/batch.hpp>
#include <journal/big_endian.hpp>
#include <journal/hash.hpp>

namespace mesh::fuzz {

/// Reads the input from the front. Beyond its end everything is 0.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : left_(as_bytes({reinterpret_cast<const char*>(data), size})) {}

  bool done() const { return left_.empty(); }

  std::uint8_t byte() {
    if (done()) return 0;
    const auto value = std::to_integer<std::uint8_t>(left_.front());
    left_ = left_.subspan(1);
    return value;
  }

  std::size_t below(std::size_t bound) { return byte() % bound; }

  std::uint64_t u16() { return static_cast<std::uint64_t>(byte()) << 8 | byte(); }

  ByteView bytes(std::size_t size) {
    const ByteView taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  ByteView rest() { return bytes(left_.size()); }

 private:
  ByteView left_;
};

/// Gives bytes that look like a batch the checksum of their body, so that mutants get past it.
inline void mend(std::vector<std::byte>& batch) {
  if (batch.size() < batch_header_size) return;
  const ByteView body = ByteView(batch).subspan(batch_header_size);
  detail::store_big(batch.data() + batch_header_size - 8, detail::hash64(body));
}

/// Input: a byte (1: mend batches), then for each frame its size in two bytes and its content.
inline std::vector<Bytes> read_frames(Input& input) {
  const bool mending = input.byte() == 1;
  std::vector<Bytes> frames;
  while (!input.done() && frames.size() < 100) {
    const ByteView content = input.bytes(input.u16());
    std::vector<std::byte> frame(content.begin(), content.end());
    if (mending && !frames.empty()) mend(frame);
    frames.emplace_back(std::move(frame));
  }
  return frames;
}

/// The input that read_frames turns into these frames (each cut to 64 KiB).
inline std::vector<std::byte> write_frames(std::span<const Bytes> frames) {
  std::vector<std::byte> out{std::byte{1}};
  for (const Bytes& frame : frames) {
    const ByteView content = frame.view().first(std::min<std::size_t>(frame.size(), 0xffff));
    out.push_back(static_cast<std::byte>(content.size() >> 8));
    out.push_back(static_cast<std::byte>(content.size() & 0xff));
    out.insert(out.end(), content.begin(), content.end());
  }
  return out;
}

/// What must hold whatever the input is; a fuzzer stops where it does not.
inline void require(bool holds) {
  if (!holds) __builtin_trap();
}

/// A planted fault, for the test of the fuzzer itself: true once the variable is set.
inline bool planted() {
  static const bool set = std::getenv("ZMESH_FUZZ_PLANT") != nullptr;
  return set;
}

}  // namespace mesh::fuzz
