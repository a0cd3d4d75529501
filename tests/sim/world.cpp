#include "world.hpp"

#include <algorithm>

namespace sim {

void World::at(Duration when, Action action) {
  heap_.push_back({std::max(when, now_), order_++, std::move(action)});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void World::step() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Item item = std::move(heap_.back());
  heap_.pop_back();
  now_ = item.when;
  ++steps_;
  item.action();
}

}  // namespace sim
