// Who wants to be called when: at most one time per item. Items are ordered by time, then by themselves, so
// that the order of calls is the same in every run.
#pragma once

#include <map>
#include <optional>
#include <set>

#include <mesh/model/time.hpp>

namespace mesh::core {

template <class Item>
class Agenda {
 public:
  /// Replaces the item's time; nothing: it wants no call.
  void set(const Item& item, std::optional<Duration> when) {
    const auto it = times_.find(item);
    if (it == times_.end()) {
      if (!when) return;
      times_.emplace(item, *when);
    } else {
      if (when && *when == it->second) return;
      order_.erase({it->second, item});
      if (!when) {
        times_.erase(it);
        return;
      }
      it->second = *when;
    }
    order_.emplace(*when, item);
  }

  std::optional<Duration> next() const {
    if (order_.empty()) return std::nullopt;
    return order_.begin()->first;
  }

  /// Takes the first item whose time has come out of the agenda.
  std::optional<Item> pop(Duration now) {
    if (order_.empty() || order_.begin()->first > now) return std::nullopt;
    Item item = order_.begin()->second;
    order_.erase(order_.begin());
    times_.erase(item);
    return item;
  }

  void clear() {
    order_.clear();
    times_.clear();
  }

 private:
  std::set<std::pair<Duration, Item>> order_;
  std::map<Item, Duration> times_;
};

}  // namespace mesh::core
