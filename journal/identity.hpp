// The words every layer shares: seq, origin, slot, wall time, and slices of shared bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mesh {

/// Position of an event in its origin's journal: 1, 2, 3, ... Never reused; gaps are allowed. 0 means "before
/// the first event".
using Seq = std::uint64_t;

/// Nanoseconds since 1970-01-01 UTC. For people and for `start = time`; never for timeouts.
using WallTime = std::int64_t;

/// A group's work is divided by slot: hash(key) mod 64, or seq mod 64 for an event without a key.
using Slot = std::uint8_t;
inline constexpr unsigned slot_count = 64;

/// One bit per slot.
using SlotMask = std::uint64_t;
inline constexpr SlotMask all_slots = ~SlotMask{0};

/// XXH3-64(key) mod 64, or seq mod 64 without a key.
Slot slot_of(const std::optional<std::string_view>& key, Seq seq);

/// Stands for a key where its bytes would be too much: XXH3-64 of it (64 where that is 0); 0: no key. Two
/// keys may share one. Mod 64 it is the key's slot.
using KeyId = std::uint64_t;
KeyId key_id(const std::optional<std::string_view>& key);

/// A journal's identity: 128 random bits made with the journal.
struct Origin {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Origin&) const = default;
  /// 32 lower-case hex digits.
  std::string hex() const;
  static std::optional<Origin> from_hex(std::string_view hex);
};

using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A read-only slice that keeps what it points into alive: a published buffer, a received frame.
/// Cheap to copy; safe to share between threads.
class Bytes {
 public:
  Bytes() = default;

  Bytes(ByteView view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}

  /// Takes a vector over.
  explicit Bytes(std::vector<std::byte>&& data);
  static Bytes copy(ByteView view);

  ByteView view() const { return view_; }

  const std::byte* data() const { return view_.data(); }

  std::size_t size() const { return view_.size(); }

  bool empty() const { return view_.empty(); }

  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  ByteView view_;
  std::shared_ptr<const void> owner_;
};

/// Inclusive range of seqs; empty when first > last.
struct SeqRange {
  Seq first = 1;
  Seq last = 0;

  bool empty() const { return first > last; }

  bool contains(Seq seq) const { return first <= seq && seq <= last; }

  auto operator<=>(const SeqRange&) const = default;
};

}  // namespace mesh
