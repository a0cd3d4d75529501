#include <mesh/core/consumer/held_book.hpp>

namespace mesh::core {

bool HeldBook::take(const Redelivery& item) {
  if (held_.size() >= held_max) return false;
  if (finished_.contains({item.seq, item.attempt, item.redrives})) return false;
  return held_.try_emplace({item.seq, item.attempt}, item.redrives).second;
}

void HeldBook::answered(Seq seq, std::uint32_t attempt) {
  const auto found = held_.find({seq, attempt});
  if (found == held_.end()) return;  // the second verdict of an event that had timed out
  const Finished finished{seq, attempt, found->second};
  held_.erase(found);
  if (!finished_.insert(finished).second) return;
  order_.push_back(finished);
  if (order_.size() > remembered_max) {
    finished_.erase(order_.front());
    order_.pop_front();
  }
}

void HeldBook::release(Seq seq, std::uint32_t attempt) {
  held_.erase({seq, attempt});
}

void HeldBook::clear() {
  held_.clear();
  order_.clear();
  finished_.clear();
}

std::vector<HeldEvent> HeldBook::list() const {
  std::vector<HeldEvent> events;
  events.reserve(held_.size());
  for (const auto& [key, redrives] : held_) events.push_back({key.first, key.second});
  return events;
}

}  // namespace mesh::core
