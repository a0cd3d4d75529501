#include <algorithm>
#include <iterator>

#include <mesh/core/consumer/work_queue.hpp>

namespace mesh::core {

std::optional<LaneId> lane_of(const Delivery& delivery) {
  if (!delivery.event.key) return std::nullopt;
  const auto hash = static_cast<std::uint64_t>(std::hash<std::string_view>{}(*delivery.event.key));
  return hash ^ ((delivery.link + 1) * std::uint64_t{0x9e3779b97f4a7c15});
}

void WorkQueue::push(std::span<Delivery> deliveries) {
  size_ += deliveries.size();
  for (auto& delivery : deliveries) bytes_ += delivery.event.record.size();
  if (!with_lanes_) {
    plain_.insert(plain_.end(), std::make_move_iterator(deliveries.begin()),
                  std::make_move_iterator(deliveries.end()));
    return;
  }
  for (auto& delivery : deliveries) push_lane({++arrivals_, std::move(delivery)});
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
    const auto count = static_cast<std::ptrdiff_t>(std::min(count_max, plain_.size()));
    run.insert(run.end(), std::make_move_iterator(plain_.begin()),
               std::make_move_iterator(plain_.begin() + count));
    plain_.erase(plain_.begin(), plain_.begin() + count);
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

void WorkQueue::put_back(std::span<Delivery> deliveries) {
  size_ += deliveries.size();
  for (const auto& delivery : deliveries) bytes_ += delivery.event.record.size();
  plain_.insert(plain_.begin(), std::make_move_iterator(deliveries.begin()),
                std::make_move_iterator(deliveries.end()));
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
  for (auto& delivery : plain_) items.push_back({++arrivals_, std::move(delivery)});
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
      plain_.push_back(std::move(item.delivery));
    }
  }
}

}  // namespace mesh::core
