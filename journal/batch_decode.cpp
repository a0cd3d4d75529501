// The strict decoder: a tight walk over untrusted bytes. Every length is checked against what is left.
#include <journal/batch.hpp>
#include <journal/batch_extent.hpp>
#include <journal/big_endian.hpp>
#include <journal/hash.hpp>
#include <journal/text.hpp>
#include <journal/topic.hpp>

namespace mesh {

namespace {

using detail::load_big;

/// The smallest record: seq, time, one-byte topic, nil key, slot, no headers, no payload.
constexpr std::size_t record_size_min = 1 + 9 + 9 + 2 + 1 + 1 + 1 + 2;

/// What is left to read. Each take_... returns false, and leaves the rest undefined, when it does not fit.
class Walk {
 public:
  explicit Walk(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  const std::byte* at() const { return at_; }

  bool done() const { return at_ == end_; }

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  bool take_byte(unsigned& value) {
    if (at_ == end_) return false;
    value = std::to_integer<unsigned>(*at_++);
    return true;
  }

  template <class T>
  bool take_big(T& value) {
    if (left() < sizeof(T)) return false;
    value = load_big<T>(at_);
    at_ += sizeof(T);
    return true;
  }

  /// Tag byte and integer.
  template <class T>
  bool take_tagged(unsigned tag, T& value) {
    if (left() < 1 + sizeof(T) || std::to_integer<unsigned>(*at_) != tag) return false;
    value = load_big<T>(at_ + 1);
    at_ += 1 + sizeof(T);
    return true;
  }

  bool take_bytes(std::size_t size, ByteView& bytes) {
    if (left() < size) return false;
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  bool take_str(std::string_view& text) {
    unsigned tag = 0;
    return take_byte(tag) && take_str(tag, text);
  }

  /// The rest of a str whose tag was read. Only the shortest form is accepted, up to 64 KiB.
  bool take_str(unsigned tag, std::string_view& text) {
    std::size_t size = tag & 31u;
    if ((tag & 0xe0u) != 0xa0u) {
      if (tag == 0xd9) {
        if (!take_size<std::uint8_t>(32, size)) return false;
      } else if (tag != 0xda || !take_size<std::uint16_t>(0x100, size)) {
        return false;
      }
    }
    ByteView bytes;
    if (!take_bytes(size, bytes)) return false;
    text = as_text(bytes);
    return true;
  }

  bool take_bin(ByteView& bytes) {
    unsigned tag = 0;
    std::size_t size = 0;
    if (!take_byte(tag)) return false;
    const bool sized = tag == 0xc4   ? take_size<std::uint8_t>(0, size)
                       : tag == 0xc5 ? take_size<std::uint16_t>(0x100, size)
                       : tag == 0xc6 ? take_size<std::uint32_t>(0x10000, size)
                                     : false;
    return sized && take_bytes(size, bytes);
  }

  bool take_map(std::size_t& count) {
    unsigned tag = 0;
    if (!take_byte(tag)) return false;
    count = tag & 15u;
    return (tag & 0xf0u) == 0x80u || (tag == 0xde && take_size<std::uint16_t>(16, count));
  }

 private:
  template <class T>
  bool take_size(std::size_t at_least, std::size_t& size) {
    T value = 0;
    if (!take_big(value)) return false;
    size = value;
    return size >= at_least;
  }

  const std::byte* at_;
  const std::byte* end_;
};

bool pass_headers(Walk& walk) {
  std::size_t count = 0;
  if (!walk.take_map(count) || count > header_count_max) return false;
  std::string_view text;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    if (!walk.take_str(text)) return false;
  }
  return true;
}

bool take_headers(Walk& walk, ByteView& headers) {
  const std::byte* begin = walk.at();
  std::size_t count = 0;
  if (!walk.take_map(count) || count > header_count_max) return false;
  std::size_t total = 0;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    std::string_view text;
    if (!walk.take_str(text) || !is_utf8(text)) return false;
    total += text.size();
  }
  if (total > headers_size_max) return false;
  headers = {begin, walk.at()};
  return true;
}

bool take_key(Walk& walk, std::optional<std::string_view>& key) {
  unsigned tag = 0;
  if (!walk.take_byte(tag)) return false;
  if (tag == 0xc0) return true;
  std::string_view text;
  if (!walk.take_str(tag, text)) return false;
  key = text;
  return true;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= key_size_max && is_utf8(key);
}

/// `known` is a topic that was checked already: events of one topic often come in a row. Of an event of a
/// slot that is not in `slots` only the seq and the slot are good.
bool take_record(Walk& walk, std::string_view& known, SlotMask slots, EventView& event) {
  const std::byte* begin = walk.at();
  unsigned tag = 0;
  std::uint64_t time = 0;
  if (!walk.take_byte(tag) || tag != 0x97 || !walk.take_tagged(0xcf, event.seq) ||
      !walk.take_tagged(0xcf, time) || time >> 63 != 0 || !walk.take_str(event.topic)) {
    return false;
  }
  event.time = static_cast<WallTime>(time);
  unsigned slot = 0;
  event.key.reset();
  if (!take_key(walk, event.key) || !walk.take_byte(slot) || slot >= slot_count) return false;
  event.slot = static_cast<Slot>(slot);
  if ((slots >> slot & 1) == 0) return pass_headers(walk) && walk.take_bin(event.payload);
  if (event.topic != known) {
    if (!detail::is_topic(event.topic)) return false;
    known = event.topic;
  }
  if (event.key && !is_key(*event.key)) return false;
  if (!take_headers(walk, event.headers) || !walk.take_bin(event.payload)) return false;
  event.record = {begin, walk.at()};
  return true;
}

Error damaged(const char* what) {
  return fail(Errc::journal_damaged, std::string("damaged batch: ") + what);
}

Result<BatchHeader> parse_header(ByteView bytes) {
  Walk walk(bytes.first(batch_header_size));
  unsigned tag = 0;
  unsigned version = 0;
  BatchHeader header;
  ByteView origin;
  walk.take_byte(tag);
  walk.take_byte(version);
  if (tag != 0x97) return damaged("it does not start like a batch");
  if (version != batch_version) {
    if (version > batch_version && version < 0x80) {
      return fail(Errc::journal_newer, "batch of format version " + std::to_string(version) +
                                           "; this program reads version " + std::to_string(batch_version));
    }
    return damaged("impossible version");
  }
  std::uint16_t origin_tag = 0;
  const bool read = walk.take_big(origin_tag) && origin_tag == 0xc410 && walk.take_bytes(16, origin) &&
                    walk.take_tagged(0xcf, header.first) && walk.take_tagged(0xcf, header.last) &&
                    walk.take_tagged(0xce, header.count) && walk.take_tagged(0xce, header.flags) &&
                    walk.take_tagged(0xcf, header.checksum);
  if (!read) return damaged("the header does not decode");
  std::memcpy(header.origin.bytes.data(), origin.data(), origin.size());
  return header;
}

}  // namespace

Result<BatchView> parse_batch(ByteView bytes, std::size_t body_size_max) {
  if (bytes.size() <= batch_header_size) return damaged("it is shorter than a header");
  auto header = parse_header(bytes);
  if (!header) return header.error();
  const BatchView view{*header, bytes};
  const std::size_t body_size = view.body().size();
  if (body_size > body_size_max) return damaged("it is larger than allowed");
  const bool range = header->first >= 1 && header->first <= header->last && header->count >= 1 &&
                     header->count - 1u <= header->last - header->first &&
                     header->count <= body_size / record_size_min && (header->flags & ~batch_filtered) == 0;
  if (!range) return damaged("impossible counts or flags in the header");
  if (detail::hash64(view.body()) != header->checksum) return damaged("the checksum does not hold");
  return view;
}

Result<Batch> parse_batch(Bytes bytes, std::size_t body_size_max) {
  auto view = parse_batch(bytes.view(), body_size_max);
  if (!view) return view.error();
  return Batch{view->header, std::move(bytes)};
}

Result<void> decode_events(const BatchView& batch, std::vector<EventView>& events) {
  return decode_events(batch, all_slots, events);
}

Result<void> decode_events(const BatchView& batch, SlotMask slots, std::vector<EventView>& events) {
  events.clear();
  if (batch.bytes.size() < batch_header_size) return damaged("it is shorter than a header");
  Walk walk(batch.body());
  if (batch.header.count > walk.left() / record_size_min) return damaged("it counts more records than fit");
  events.reserve(batch.header.count);
  std::string_view known;
  Seq first = 0;
  Seq last = 0;
  std::uint32_t count = 0;
  while (!walk.done()) {
    if (count == batch.header.count) return damaged("bytes follow the last record");
    EventView& event = events.emplace_back();
    if (!take_record(walk, known, slots, event)) return damaged("a record does not decode");
    if (event.seq <= last) return damaged("seqs do not ascend");
    last = event.seq;
    if (count++ == 0) first = last;
    if ((slots >> event.slot & 1) == 0) events.pop_back();
  }
  if (count != batch.header.count) return damaged("records are missing");
  if (count == 0 || first != batch.header.first || last != batch.header.last) {
    return damaged("the header's seqs are not those of the records");
  }
  return {};
}

std::optional<std::size_t> detail::batch_extent(ByteView bytes) {
  if (bytes.size() <= batch_header_size) return std::nullopt;
  const auto header = parse_header(bytes);
  if (!header || header->count > bytes.size() / record_size_min) return std::nullopt;
  Walk walk(bytes.subspan(batch_header_size));
  std::string_view known;
  for (std::uint32_t i = 0; i < header->count; ++i) {
    EventView event;
    if (!take_record(walk, known, all_slots, event)) return std::nullopt;
  }
  return bytes.size() - walk.left();
}

std::optional<Header> detail::next_header(ByteView headers, std::size_t& offset) {
  if (offset > headers.size()) return std::nullopt;
  Walk walk(headers.subspan(offset));
  std::size_t count = 0;
  if (offset == 0 && !walk.take_map(count)) return std::nullopt;
  Header header;
  if (walk.done() || !walk.take_str(header.first) || !walk.take_str(header.second)) return std::nullopt;
  offset = headers.size() - walk.left();
  return header;
}

std::optional<std::string_view> find_header(const EventView& event, std::string_view name) {
  std::size_t offset = 0;
  while (const auto header = detail::next_header(event.headers, offset)) {
    if (header->first == name) return header->second;
  }
  return std::nullopt;
}

}  // namespace mesh
