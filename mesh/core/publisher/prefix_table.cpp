#include <functional>

#include <mesh/core/publisher/prefix_table.hpp>

namespace mesh::core {

PrefixTable::Added PrefixTable::add(std::string_view prefix, Seq head) {
  const auto it = active_.lower_bound(prefix);
  if (it != active_.end() && it->first == prefix) return Added::already;
  if (active_.size() >= active_max) return Added::full;
  auto active = std::make_unique<ActivePrefix>();
  active->prefix = prefix;
  active->serial = ++serial_;
  active->previous = head;
  active_.emplace_hint(it, prefix, std::move(active));
  dirty_ = true;
  return Added::yes;
}

bool PrefixTable::remove(std::string_view prefix) {
  const auto it = active_.find(prefix);
  if (it == active_.end()) return false;
  active_.erase(it);
  dirty_ = true;
  return true;
}

ActivePrefix* PrefixTable::catch_all() {
  if (active_.size() != 1 || !active_.begin()->first.empty()) return nullptr;
  refresh();
  return active_.begin()->second.get();
}

// In byte order the prefixes of a prefix come before it, and what extends it follows it at once. So one pass
// with a stack gives the chains, and one pass backwards gives the covers.
void PrefixTable::refresh() {
  if (!dirty_) return;
  dirty_ = false;
  ++generation_;
  if (lines_.empty()) lines_.resize(line_count);
  std::vector<ActivePrefix*> stack;
  for (auto& [prefix, active] : active_) {
    while (!stack.empty() && !prefix.starts_with(stack.back()->prefix)) stack.pop_back();
    stack.push_back(active.get());
    active->chain = stack;
  }
  ActivePrefix* following = nullptr;
  for (auto it = active_.rbegin(); it != active_.rend(); ++it) {
    ActivePrefix* active = it->second.get();
    const bool extended = following != nullptr && following->prefix.starts_with(active->prefix);
    active->cover = extended ? following->cover : active;
    following = active;
  }
}

// The longest match sorts at or before the topic, and whatever lies between the two starts with it: so it is
// in the chain of the topic's predecessor.
ActivePrefix* PrefixTable::search(std::string_view topic) {
  auto it = active_.upper_bound(topic);
  if (it == active_.begin()) return nullptr;
  const auto& chain = std::prev(it)->second->chain;
  for (auto candidate = chain.rbegin(); candidate != chain.rend(); ++candidate) {
    if (topic.starts_with((*candidate)->prefix)) return *candidate;
  }
  return nullptr;
}

ActivePrefix* PrefixTable::longest(std::string_view topic) {
  if (active_.empty()) return nullptr;
  refresh();
  Line& line = lines_[std::hash<std::string_view>{}(topic) % line_count];
  if (line.generation == generation_ && line.topic == topic) return line.match;
  line.generation = generation_;
  line.topic = topic;
  line.match = search(topic);
  return line.match;
}

}  // namespace mesh::core
