#include <algorithm>
#include <iterator>

#include <mesh/core/consumer/work_queue.hpp>

namespace mesh::core {
namespace {

/// From this many on deliveries stay in the vector they came in.
constexpr std::size_t chunk_min = 64;
constexpr std::size_t spares_max = 2;

}  // namespace

std::optional<LaneId> lane_of(const Delivery& delivery) {
  if (!delivery.event.key) return std::nullopt;
  const auto hash = static_cast<std::uint64_t>(std::hash<std::string_view>{}(*delivery.event.key));
  return hash ^ ((delivery.link + 1) * std::uint64_t{0x9e3779b97f4a7c15});
}

void WorkQueue::push(std::span<Delivery> deliveries) {
  size_ += deliveries.size();
  for (auto& delivery : deliveries) bytes_ += delivery.event.record.size();
  if (!with_lanes_) return append(deliveries);
  for (auto& delivery : deliveries) push_lane({++arrivals_, std::move(delivery)});
}

void WorkQueue::push(std::vector<Delivery>& deliveries) {
  // One that is mostly empty would hold much memory for little.
  if (with_lanes_ || deliveries.size() < chunk_min || deliveries.size() * 4 < deliveries.capacity()) {
    push(std::span(deliveries));
    deliveries.clear();
    return;
  }
  size_ += deliveries.size();
  for (const auto& delivery : deliveries) bytes_ += delivery.event.record.size();
  plain_.push_back({std::move(deliveries), 0});
  deliveries.clear();
  if (spare_.empty()) return;
  deliveries = std::move(spare_.back());
  spare_.pop_back();
}

void WorkQueue::append(std::span<Delivery> deliveries) {
  if (deliveries.empty()) return;
  if (plain_.empty() || plain_.back().items.size() + deliveries.size() > plain_.back().items.capacity()) {
    plain_.emplace_back().items.reserve(std::max(deliveries.size(), chunk_min));
  }
  auto& items = plain_.back().items;
  items.insert(items.end(), std::make_move_iterator(deliveries.begin()),
               std::make_move_iterator(deliveries.end()));
}

void WorkQueue::take_plain(std::vector<Delivery>& run, std::size_t count_max) {
  while (!plain_.empty() && run.size() < count_max) {
    auto& chunk = plain_.front();
    const auto room = count_max - run.size();
    const bool whole = chunk.left() <= room;
    if (whole && run.empty() && chunk.next == 0 && chunk.left() >= chunk_min) {
      run.swap(chunk.items);
    } else if (whole || run.empty() || chunk.left() < chunk_min) {
      const auto first = chunk.items.begin() + static_cast<std::ptrdiff_t>(chunk.next);
      const auto count = std::min(room, chunk.left());
      run.insert(run.end(), std::make_move_iterator(first),
                 std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
      chunk.next += count;
      if (!whole) return;
    } else {
      return;
    }
    recycle(std::move(chunk.items));
    plain_.pop_front();
  }
}

void WorkQueue::recycle(std::vector<Delivery>&& items) {
  items.clear();
  if (spare_.size() < spares_max && items.capacity() >= chunk_min) spare_.push_back(std::move(items));
}

void WorkQueue::push_lane(Item item) {
  if (const auto id = lane_of(item.delivery)) {
    const auto [lane, opened] = lanes_.try_emplace(*id);
    if (!opened) {
      lane->second.behind.push_back(std::move(item));
      return;
    }
  }
  ready_.push_back(std::move(item));
}

bool WorkQueue::take(std::vector<Delivery>& run, std::size_t count_max) {
  run.clear();
  if (!with_lanes_) {
    take_plain(run, count_max);
  } else if (!ready_.empty() || !released_.empty()) {
    const bool older =
        !released_.empty() && (ready_.empty() || released_.front().number < ready_.front().number);
    auto& from = older ? released_ : ready_;
    run.push_back(std::move(from.front().delivery));
    from.pop_front();
    if (const auto id = lane_of(run.back())) lanes_.find(*id)->second.running = true;
  }
  for (const auto& delivery : run) bytes_ -= delivery.event.record.size();
  size_ -= run.size();
  return !run.empty();
}

// Moves what was begun, not what is left: that may be much more.
void WorkQueue::put_back(std::vector<Delivery>& run, std::size_t begun) {
  const auto rest = run.begin() + static_cast<std::ptrdiff_t>(begun);
  size_ += run.size() - begun;
  for (auto delivery = rest; delivery != run.end(); ++delivery) bytes_ += delivery->event.record.size();
  std::vector<Delivery> kept(std::make_move_iterator(run.begin()), std::make_move_iterator(rest));
  plain_.push_front({std::move(run), begun});
  run = std::move(kept);
}

void WorkQueue::release(LaneId id) {
  const auto found = lanes_.find(id);
  if (found == lanes_.end()) return;
  auto& lane = found->second;
  lane.running = false;
  if (lane.behind.empty()) {
    lanes_.erase(found);
    return;
  }
  released_.push_back(pop_lane(lane));
}

WorkQueue::Item WorkQueue::pop_lane(Lane& lane) {
  Item item = std::move(lane.behind[lane.next++]);
  if (lane.next == lane.behind.size()) {
    lane.behind.clear();
    lane.next = 0;
  } else if (lane.next >= 64 && lane.next * 2 >= lane.behind.size()) {
    lane.behind.erase(lane.behind.begin(), lane.behind.begin() + static_cast<std::ptrdiff_t>(lane.next));
    lane.next = 0;
  }
  return item;
}

void WorkQueue::remove_if(const std::function<bool(const Delivery&)>& condition,
                          const std::function<void(const Delivery&)>& gone) {
  std::vector<Item> items;
  for (auto& chunk : plain_) {
    for (auto i = chunk.next; i < chunk.items.size(); ++i)
      items.push_back({++arrivals_, std::move(chunk.items[i])});
  }
  for (auto* queue : {&ready_, &released_}) {
    std::move(queue->begin(), queue->end(), std::back_inserter(items));
    queue->clear();
  }
  plain_.clear();
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    auto& behind = lane->second.behind;
    std::move(behind.begin() + static_cast<std::ptrdiff_t>(lane->second.next), behind.end(),
              std::back_inserter(items));
    behind.clear();
    lane->second.next = 0;
    lane = lane->second.running ? std::next(lane) : lanes_.erase(lane);
  }
  std::sort(items.begin(), items.end(), [](auto& a, auto& b) { return a.number < b.number; });
  for (auto& item : items) {
    if (condition(item.delivery)) {
      bytes_ -= item.delivery.event.record.size();
      --size_;
      gone(item.delivery);
    } else if (with_lanes_) {
      push_lane(std::move(item));
    } else {
      append(std::span(&item.delivery, 1));
    }
  }
}

}  // namespace mesh::core
