#include <tools/zmesh/sniff/lanes.hpp>

#include <algorithm>
#include <utility>

namespace zmesh {
namespace {

/// What an item costs besides its record.
constexpr std::size_t item_overhead = sizeof(SniffItem) + 32;

std::size_t cost_of(const SniffItem& item) {
  return item_overhead + item.event.record.size() + item.mark.size();
}

}  // namespace

void Lanes::append(Lane& lane, SniffItem item) {
  item.left_out = std::exchange(lane.left_out, 0);
  lane.bytes += cost_of(item);
  lane.items.push_back(std::move(item));
  if (waiting_) filled_.notify_one();
}

bool Lanes::push(std::size_t index, SniffItem item) {
  std::unique_lock lock(mutex_);
  auto& lane = lanes_[index];
  if (bounds_.lossy) {
    if (closed_) return false;
    if (full(lane)) {
      ++lane.left_out;
      return true;
    }
  } else {
    room_.wait(lock, [&] { return closed_ || !full(lane); });
    if (closed_) return false;
  }
  append(lane, std::move(item));
  return true;
}

void Lanes::push_mark(std::size_t index, SniffItem mark) {
  const std::lock_guard lock(mutex_);
  // Marks are rare; but a source that does nothing else must not fill the memory either.
  if (lanes_[index].items.size() < 2 * bounds_.events) append(lanes_[index], std::move(mark));
}

bool Lanes::leave_out(std::size_t index) {
  if (!bounds_.lossy) return false;
  const std::lock_guard lock(mutex_);
  if (!full(lanes_[index])) return false;
  ++lanes_[index].left_out;
  return true;
}

void Lanes::live(std::size_t index) {
  const std::lock_guard lock(mutex_);
  lanes_[index].live = true;
  filled_.notify_one();
}

void Lanes::ended(std::size_t index) {
  const std::lock_guard lock(mutex_);
  lanes_[index].ended = true;
  filled_.notify_one();
}

Lanes::Lane* Lanes::next() {
  Lane* best = nullptr;
  for (auto& lane : lanes_) {
    if (lane.items.empty()) {
      // Its next event may be older than all that the others have.
      if (!lane.live && !lane.ended) return nullptr;
      continue;
    }
    if (lane.items.front().is_mark()) return &lane;
    if (best == nullptr || lane.items.front().event.time < best->items.front().event.time) best = &lane;
  }
  return best;
}

bool Lanes::all_ended() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return lane.ended && lane.items.empty(); });
}

bool Lanes::take(std::vector<SniffItem>& items, std::size_t items_max, mesh::Duration timeout) {
  std::unique_lock lock(mutex_);
  Lane* lane = next();
  if (lane == nullptr && !all_ended()) {
    waiting_ = true;
    filled_.wait_for(lock, timeout, [&] { return (lane = next()) != nullptr || all_ended(); });
    waiting_ = false;
  }
  bool freed = false;
  while (lane != nullptr && items.size() < items_max) {
    freed = freed || full(*lane);
    lane->bytes -= cost_of(lane->items.front());
    items.push_back(std::move(lane->items.front()));
    lane->items.pop_front();
    lane = next();
  }
  if (freed) room_.notify_all();
  return !items.empty() || !all_ended();
}

std::uint64_t Lanes::left_out() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane.left_out;
  return sum;
}

std::uint64_t Lanes::queued() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& lane : lanes_) {
    for (const auto& item : lane.items) sum += item.left_out + (item.is_mark() ? 0 : 1);
  }
  return sum;
}

void Lanes::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

}  // namespace zmesh
