#include <nodes/node/topics.hpp>

namespace node {

void Topics::count(std::string_view topic, std::size_t bytes, mesh::Seq seq) {
  const std::lock_guard lock(mutex_);
  auto found = counts_.find(topic);
  if (found == counts_.end() && counts_.size() < count_max)
    found = counts_.emplace(topic, TopicCount{std::string(topic)}).first;
  auto& count = found == counts_.end() ? others_ : found->second;
  ++count.events;
  count.bytes += bytes;
  count.last_seq = seq;
}

std::vector<TopicCount> Topics::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<TopicCount> list;
  for (const auto& [topic, count] : counts_) list.push_back(count);
  if (others_.events > 0) {
    list.push_back(others_);
    list.back().topic = "(others)";
  }
  return list;
}

}  // namespace node
