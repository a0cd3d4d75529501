#include <mesh/core/publisher/key_lines.hpp>

namespace mesh::core {

void KeyLines::join(KeyId key, Seq seq) {
  lines_[key].insert(seq);
  freed_.erase(key);
}

void KeyLines::leave(KeyId key, Seq seq) {
  const auto line = lines_.find(key);
  if (line == lines_.end()) return;
  line->second.erase(seq);
  if (!line->second.empty()) return;
  lines_.erase(line);
  freed_.insert(key);
}

Seq KeyLines::first(KeyId key) const {
  const auto line = lines_.find(key);
  return line == lines_.end() ? 0 : *line->second.begin();
}

std::vector<Seq> KeyLines::line(KeyId key) const {
  const auto line = lines_.find(key);
  if (line == lines_.end()) return {};
  return {line->second.begin(), line->second.end()};
}

std::vector<KeyId> KeyLines::keys(SlotMask slots) const {
  std::vector<KeyId> out;
  for (const auto& [key, line] : lines_) {
    if ((slots >> key % slot_count & 1) != 0) out.push_back(key);
  }
  return out;
}

std::vector<KeyId> KeyLines::take_freed() {
  std::vector<KeyId> out(freed_.begin(), freed_.end());
  freed_.clear();
  return out;
}

void KeyLines::clear() {
  for (const auto& [key, line] : lines_) freed_.insert(key);
  lines_.clear();
}

}  // namespace mesh::core
