#include <journal/batch.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

#include <journal/big_endian.hpp>
#include <journal/hash.hpp>
#include <journal/topic.hpp>

namespace mesh {

namespace {

using detail::store_big;

std::byte* put(std::byte* to, unsigned value) {
  *to = static_cast<std::byte>(value);
  return to + 1;
}

std::byte* put_u64(std::byte* to, std::uint64_t value) {
  return store_big(put(to, 0xcf), value);
}

std::byte* put_bytes(std::byte* to, const void* from, std::size_t size) {
  if (size != 0) std::memcpy(to, from, size);
  return to + size;
}

std::size_t str_size(std::size_t size) {
  return size + (size < 32 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5);
}

std::byte* put_str(std::byte* to, std::string_view text) {
  const std::size_t size = text.size();
  if (size < 32) {
    to = put(to, 0xa0u | static_cast<unsigned>(size));
  } else if (size < 0x100) {
    to = store_big(put(to, 0xd9), static_cast<std::uint8_t>(size));
  } else if (size < 0x10000) {
    to = store_big(put(to, 0xda), static_cast<std::uint16_t>(size));
  } else {
    to = store_big(put(to, 0xdb), static_cast<std::uint32_t>(size));
  }
  return put_bytes(to, text.data(), size);
}

std::size_t bin_size(std::size_t size) {
  return size + (size < 0x100 ? 2 : size < 0x10000 ? 3 : 5);
}

std::byte* put_bin(std::byte* to, ByteView bytes) {
  const std::size_t size = bytes.size();
  if (size < 0x100) {
    to = store_big(put(to, 0xc4), static_cast<std::uint8_t>(size));
  } else if (size < 0x10000) {
    to = store_big(put(to, 0xc5), static_cast<std::uint16_t>(size));
  } else {
    to = store_big(put(to, 0xc6), static_cast<std::uint32_t>(size));
  }
  return put_bytes(to, bytes.data(), size);
}

std::byte* put_headers(std::byte* to, std::span<const Header> headers) {
  if (headers.size() < 16) {
    to = put(to, 0x80u | static_cast<unsigned>(headers.size()));
  } else {
    to = store_big(put(to, 0xde), static_cast<std::uint16_t>(headers.size()));
  }
  for (const auto& [name, value] : headers) to = put_str(put_str(to, name), value);
  return to;
}

void put_header(std::byte* to, const BatchHeader& header) {
  to = put(put(to, 0x97), batch_version);
  to = put(put(to, 0xc4), 16);
  to = put_bytes(to, header.origin.bytes.data(), header.origin.bytes.size());
  to = put_u64(put_u64(to, header.first), header.last);
  to = store_big(put(to, 0xce), header.count);
  to = store_big(put(to, 0xce), header.flags);
  put_u64(to, header.checksum);
}

Result<void> check_headers(std::span<const Header> headers) {
  if (headers.size() > header_count_max) return fail(Errc::invalid_headers, "more than 64 headers");
  std::size_t total = 0;
  for (const auto& [name, value] : headers) {
    total += name.size() + value.size();
    if (total > headers_size_max) return fail(Errc::invalid_headers, "the headers are larger than 16 KiB");
    if (!is_utf8(name) || !is_utf8(value)) return fail(Errc::invalid_headers, "a header is not UTF-8");
  }
  return {};
}

}  // namespace

Batch keep(const BatchView& batch) {
  return {batch.header, batch.owner != nullptr ? Bytes(batch.bytes, *batch.owner) : Bytes::copy(batch.bytes)};
}

std::size_t encoded_size(const EventInput& event) {
  std::size_t size = 1 + 9 + 9 + 1;  // array, seq, time, slot
  size += str_size(event.topic.size()) + (event.key ? str_size(event.key->size()) : 1);
  size += event.headers.size() < 16 ? 1 : 3;
  for (const auto& [name, value] : event.headers) size += str_size(name.size()) + str_size(value.size());
  return size + bin_size(event.payload.size());
}

Result<void> check_event(const EventInput& event, std::size_t event_size_max) {
  if (auto topic = check_topic(event.topic); !topic) return topic;
  if (event.key) {
    if (auto key = check_key(*event.key); !key) return key;
  }
  if (!event.headers.empty()) {
    if (auto headers = check_headers(event.headers); !headers) return headers;
  }
  const std::size_t size = encoded_size(event);
  if (size <= event_size_max) return {};
  return fail(Errc::event_too_large, "the event is " + std::to_string(size) + " bytes encoded; at most " +
                                         std::to_string(event_size_max) + " are allowed");
}

BatchBuilder::BatchBuilder(const Origin& origin, std::size_t reserve)
    : origin_(origin), reserve_(std::max(reserve, batch_header_size)) {}

std::byte* BatchBuilder::grow(std::size_t size) {
  const std::size_t needed = size_ + size;
  if (needed > capacity_) {
    const std::size_t capacity = data_ ? std::max(needed, 2 * capacity_) : std::max(needed, reserve_);
    auto larger = std::make_shared_for_overwrite<std::byte[]>(capacity);
    if (size_ > batch_header_size) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }
  std::byte* to = data_.get() + size_;
  size_ = needed;
  return to;
}

void BatchBuilder::count_in(Seq seq) {
  assert(seq > last_ && "seqs of a batch ascend");
  if (count_ == 0) first_ = seq;
  last_ = seq;
  ++count_;
}

void BatchBuilder::append(Seq seq, WallTime time, const EventInput& event) {
  std::byte* to = grow(encoded_size(event));
  to = put_u64(put(to, 0x97), seq);
  to = put_u64(to, time < 0 ? 0 : static_cast<std::uint64_t>(time));  // a clock before 1970 is no clock
  to = put_str(to, event.topic);
  to = event.key ? put_str(to, *event.key) : put(to, 0xc0);
  to = put(to, slot_of(event.key, seq));
  to = event.headers.empty() ? put(to, 0x80) : put_headers(to, event.headers);
  put_bin(to, event.payload);
  count_in(seq);
}

void BatchBuilder::append(const EventView& event) {
  put_bytes(grow(event.record.size()), event.record.data(), event.record.size());
  count_in(event.seq);
}

Batch BatchBuilder::seal(std::uint32_t flags) {
  assert(!empty());
  BatchHeader header{origin_, first_, last_, count_, flags, 0};
  header.checksum = detail::hash64({data_.get() + batch_header_size, body_size()});
  put_header(data_.get(), header);

  // A batch far smaller than the buffer is copied, so that a lone event does not hold 256 KiB.
  std::shared_ptr<std::byte[]> bytes;
  if (size_ < capacity_ / 4) {
    bytes = std::make_shared_for_overwrite<std::byte[]>(size_);
    std::memcpy(bytes.get(), data_.get(), size_);
  } else {
    bytes = std::move(data_);
    data_.reset();
    capacity_ = 0;
  }
  const ByteView view{bytes.get(), size_};
  size_ = batch_header_size;
  first_ = last_ = 0;
  count_ = 0;
  return {header, Bytes(view, std::move(bytes))};
}

}  // namespace mesh
