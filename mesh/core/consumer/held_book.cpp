#include <mesh/core/consumer/held_book.hpp>

namespace mesh::core {

bool HeldBook::take(const Redelivery& item) {
  const HeldEvent event{item.seq, item.attempt, item.redrives};
  if (held_.size() >= held_max || finished_.contains(event)) return false;
  return held_.insert(event).second;
}

void HeldBook::answered(const HeldEvent& event) {
  if (held_.erase(event) == 0) return;  // the second verdict of an event that had timed out
  if (!finished_.insert(event).second) return;
  order_.push_back(event);
  if (order_.size() > remembered_max) {
    finished_.erase(order_.front());
    order_.pop_front();
  }
}

void HeldBook::release(const HeldEvent& event) {
  held_.erase(event);
}

void HeldBook::clear() {
  held_.clear();
  forget_answered();
}

void HeldBook::forget_answered() {
  order_.clear();
  finished_.clear();
}

std::vector<HeldEvent> HeldBook::list() const {
  return {held_.begin(), held_.end()};
}

}  // namespace mesh::core
