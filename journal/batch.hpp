// The one encoding: a batch of events, the unit on disk, on the wire, in recordings and in fetch replies.
//
//   batch  := header body
//   header := array(7) version=1  origin=bin8(16)  first=u64  last=u64  count=u32  flags=u32  checksum=u64
//             (u64 is always 0xcf + 8 bytes, u32 always 0xce + 4: the header has a fixed size of 57 bytes and
//              is filled in place when the batch is sealed)
//   body   := record*                            checksum is XXH3-64 of exactly these bytes
//   record := array(7) seq=u64 time=u64 topic=str key=str|nil slot=fixint headers=map(str->str) payload=bin
//             (time below 2^63; str, map and bin in their shortest form)
//
// Seqs ascend strictly within a batch; first and last are those of the first and last record. Everything is
// plain MessagePack, so any language reads it; our decoder is stricter (exactly these types and counts) and
// never allocates. FORMAT.md has the same grammar with an annotated example; golden bytes pin it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <journal/identity.hpp>
#include <journal/result.hpp>

namespace mesh {

inline constexpr std::uint8_t batch_version = 1;
inline constexpr std::size_t batch_header_size = 57;
/// A batch is closed once its body has reached this many bytes; one larger event travels alone.
inline constexpr std::size_t batch_body_target = 256 * 1024;
/// Upper bound of event_size_max a publisher may be configured to, in bytes.
inline constexpr std::size_t event_size_limit = 64 * 1024 * 1024;

/// Flags of a batch header.
inline constexpr std::uint32_t batch_filtered = 1;  ///< a copy of some records of a journaled batch

using Header = std::pair<std::string_view, std::string_view>;

/// What a publisher hands over to be encoded. Views; only read during the call.
struct EventInput {
  std::string_view topic;
  std::optional<std::string_view> key;
  std::span<const Header> headers;
  ByteView payload;
};

/// One decoded event. All views point into the batch it was decoded from.
struct EventView {
  Seq seq = 0;
  WallTime time = 0;
  std::string_view topic;
  std::optional<std::string_view> key;
  Slot slot = 0;
  ByteView headers;  ///< raw MessagePack map(str->str), validated; see decode_headers
  ByteView payload;
  ByteView record;  ///< the whole record, as it is copied into filtered replies
};

struct BatchHeader {
  Origin origin;
  Seq first = 0;
  Seq last = 0;
  std::uint32_t count = 0;
  std::uint32_t flags = 0;
  std::uint64_t checksum = 0;
  auto operator<=>(const BatchHeader&) const = default;
};

/// A batch somewhere in memory; does not own its bytes.
struct BatchView {
  BatchHeader header;
  ByteView bytes;  ///< header and body
  /// Of the bytes, where sharing is enough to keep them; see keep().
  const std::shared_ptr<const void>* owner = nullptr;

  ByteView body() const { return bytes.subspan(batch_header_size); }
};

/// A batch that owns (shares) its bytes. Immutable; safe to share between threads.
struct Batch {
  BatchHeader header;
  Bytes bytes;

  BatchView view() const { return {header, bytes.view()}; }

  std::size_t size() const { return bytes.size(); }
};

/// The batch for longer than its view is valid: shared where it can be, else copied.
Batch keep(const BatchView& batch);

/// Size in bytes of the event's record.
std::size_t encoded_size(const EventInput& event);

/// Checks topic, key, headers, and that the record is at most event_size_max bytes.
Result<void> check_event(const EventInput& event, std::size_t event_size_max);

/// Builds one batch. Not thread safe. Appended events must have ascending seqs and have passed check_event.
class BatchBuilder {
 public:
  explicit BatchBuilder(const Origin& origin, std::size_t reserve = batch_body_target + 4096);

  void append(Seq seq, WallTime time, const EventInput& event);
  /// Copies a record as it is.
  void append(const EventView& event);

  bool empty() const { return count_ == 0; }

  std::uint32_t count() const { return count_; }

  std::size_t body_size() const { return size_ - batch_header_size; }

  /// Completes the header and gives the batch away; the builder is empty again afterwards.
  /// Precondition: not empty().
  Batch seal(std::uint32_t flags = 0);

 private:
  std::byte* grow(std::size_t size);
  void count_in(Seq seq);

  Origin origin_;
  std::size_t reserve_;
  std::shared_ptr<std::byte[]> data_;  // none until the first append after a large seal
  std::size_t size_ = batch_header_size;
  std::size_t capacity_ = 0;
  Seq first_ = 0;
  Seq last_ = 0;
  std::uint32_t count_ = 0;
};

/// Reads header and verifies version, sizes and checksum; not the records (decode_events does).
/// `body_size_max` bounds what is accepted. Errors: journal_damaged, journal_newer.
Result<BatchView> parse_batch(ByteView bytes, std::size_t body_size_max = event_size_limit + 4096);

/// The same for bytes that are kept.
Result<Batch> parse_batch(Bytes bytes, std::size_t body_size_max = event_size_limit + 4096);

/// Decodes every record into `events` (cleared first). Strict: types, counts, ascending seqs, header's
/// first/last/count, topic rules and that nothing trails. No allocation but `events`. Error: journal_damaged.
Result<void> decode_events(const BatchView& batch, std::vector<EventView>& events);

/// The same, but only the events of these slots come out; the others are passed over with the least that
/// finding their end takes: their topics, keys and headers are not looked at.
Result<void> decode_events(const BatchView& batch, SlotMask slots, std::vector<EventView>& events);

/// Calls visit(name, value) for each header of a decoded event.
template <class Visit>
void for_each_header(const EventView& event, Visit&& visit);

/// The value of the first header of that name.
std::optional<std::string_view> find_header(const EventView& event, std::string_view name);

namespace detail {
/// Reads one header at `offset` of the raw map (0 = before the first) and advances it; nothing at the end.
std::optional<Header> next_header(ByteView headers, std::size_t& offset);
}  // namespace detail

template <class Visit>
void for_each_header(const EventView& event, Visit&& visit) {
  std::size_t offset = 0;
  while (auto header = detail::next_header(event.headers, offset)) visit(header->first, header->second);
}

}  // namespace mesh
