#include <journal/memory/memory_journal.hpp>

#include <algorithm>

namespace mesh {

namespace {

/// A new incarnation starts this far above anything that may have been given out.
constexpr Seq incarnation_jump = Seq{1} << 32;

}  // namespace

std::size_t MemoryStore::lose_power(std::size_t commits) {
  const std::lock_guard lock(mutex_);
  if (locked_ || clean_ || incarnation_ == 0 || durability_ != Durability::os) return 0;
  suspect_ = true;
  const Seq begun = segments_.back().first;
  std::size_t lost = 0;
  while (lost < commits && commit_ > synced_commit_) {
    for (auto& segment : segments_) {
      while (!segment.batches.empty() && segment.batches.back().commit == commit_) {
        segment.bytes -= segment.batches.back().batch.size();
        segment.batches.pop_back();
      }
    }
    --commit_;
    ++lost;
  }
  while (segments_.size() > 1 && segments_.back().batches.empty()) segments_.pop_back();
  head_ = dropped_;
  for (const auto& segment : segments_) {
    if (!segment.batches.empty()) head_ = segment.last();
  }
  next_ = std::max(head_, begun - 1) + incarnation_jump;
  return lost;
}

void MemoryStore::fail_next_append(Error error) {
  const std::lock_guard lock(mutex_);
  append_error_ = std::move(error);
}

void MemoryStore::fail_next_state(Error error) {
  const std::lock_guard lock(mutex_);
  state_error_ = std::move(error);
}

bool MemoryStore::damage(Seq seq) {
  const std::lock_guard lock(mutex_);
  for (auto& segment : segments_) {
    for (auto& stored : segment.batches) {
      const auto& header = stored.batch.header;
      if (seq < header.first || seq > header.last) continue;
      const ByteView view = stored.batch.bytes.view();
      std::vector<std::byte> bytes(view.begin(), view.end());
      bytes.back() ^= std::byte{1};
      stored.batch.bytes = Bytes(std::move(bytes));
      return true;
    }
  }
  return false;
}

}  // namespace mesh
