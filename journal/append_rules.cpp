#include <journal/append_rules.hpp>
#include <journal/big_endian.hpp>
#include <journal/topic.hpp>

#include <algorithm>

namespace mesh::detail {

namespace {

constexpr std::size_t state_key_size_max = 511;

}  // namespace

Result<void> check_append(std::span<const Batch> batches, const Origin& origin, Seq next_seq) {
  for (const auto& batch : batches) {
    if (batch.bytes.size() <= batch_header_size) return invalid("append: an empty batch");
    if (batch.header.origin != origin) {
      return invalid("append: the batch is of another origin than the journal");
    }
    if (batch.header.flags != 0) return invalid("append: the batch is a filtered copy");
    if (batch.header.first < next_seq || batch.header.last < batch.header.first) {
      return invalid("append: seq " + std::to_string(batch.header.first) + " where at least " +
                     std::to_string(next_seq) + " is due");
    }
    next_seq = batch.header.last + 1;
  }
  return {};
}

Result<void> check_state_key(Table table, std::string_view key) {
  if (table <= Table::meta || table > Table::audit) {
    return invalid("state: table " + std::to_string(static_cast<unsigned>(table)) +
                   " is not one that may be used");
  }
  if (key.empty() || key.size() > state_key_size_max) {
    return invalid("state: a key is 1 to 511 bytes, not " + std::to_string(key.size()));
  }
  return {};
}

Result<void> check_state(std::span<const StateWrite> writes) {
  for (const auto& write : writes) {
    if (auto key = check_state_key(write.table, write.key); !key) return key;
  }
  return {};
}

Result<void> check_journal_name(std::string_view name) {
  if (!name.empty() && name.size() <= topic_size_max && check_prefix(name)) return {};
  return invalid("a journal's name is 1 to 200 bytes of UTF-8 without spaces or control characters");
}

WallTime first_time(const BatchView& batch) {
  // record := 0x97 0xcf seq 0xcf time
  constexpr std::size_t at = batch_header_size + 11;
  if (batch.bytes.size() < at + sizeof(std::uint64_t)) return 0;
  return static_cast<WallTime>(load_big<std::uint64_t>(batch.bytes.data() + at));
}

WallTime newest_time(const BatchView& batch) {
  std::vector<EventView> events;
  WallTime newest = first_time(batch);
  if (!decode_events(batch, events)) return newest;
  for (const auto& event : events) newest = std::max(newest, event.time);
  return newest;
}

Seq seq_before_time(const BatchView& batch, WallTime when) {
  std::vector<EventView> events;
  if (!decode_events(batch, events)) return batch.header.last;
  for (const auto& event : events) {
    if (event.time >= when) return event.seq - 1;
  }
  return batch.header.last;
}

}  // namespace mesh::detail
