#include <algorithm>

#include <mesh/core/publisher/head_router.hpp>

namespace mesh::core {

void HeadRouter::divide(std::span<Session* const> sessions) {
  parts_.clear();
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Session& session = *sessions[i];
    auto part = std::find_if(parts_.begin(), parts_.end(),
                             [&](const Part& one) { return one.group == session.group; });
    if (part == parts_.end()) {
      part = parts_.emplace(parts_.end());
      part->group = session.group;
      part->to.fill(nobody);
    }
    for (Slot slot = 0; slot < slot_count; ++slot) {
      if ((session.fetch.slots & session.slots) >> slot & 1) part->to[slot] = static_cast<std::uint16_t>(i);
    }
  }
}

bool HeadRouter::route(std::span<const Batch> batches, std::span<Session* const> sessions,
                       std::vector<std::vector<Batch>>& out) {
  divide(sessions);
  out.assign(sessions.size(), {});
  for (const Batch& batch : batches) {
    if (!decode_events(batch.view(), events_)) return false;
    counts_.assign(sessions.size(), 0);
    bytes_.assign(sessions.size(), 0);
    places_.clear();
    for (Part& part : parts_) part.topic = {};
    for (std::uint32_t at = 0; at < events_.size(); ++at) {
      const EventView& event = events_[at];
      for (Part& part : parts_) {
        if (part.topic.data() == nullptr || part.topic != event.topic) {
          part.topic = event.topic;
          part.wanted = matches(part.group->value.prefixes, event.topic);
        }
        const std::uint16_t to = part.to[event.slot];
        if (!part.wanted || to == nobody) continue;
        places_.emplace_back(at, to);
        ++counts_[to];
        bytes_[to] += event.record.size();
      }
    }
    std::vector<BatchBuilder> builders;
    builders.reserve(sessions.size());
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      const bool whole = counts_[i] == events_.size();
      if (whole) out[i].push_back(batch);
      builders.emplace_back(desk_.identity.origin, batch_header_size + (whole ? 0 : bytes_[i]));
    }
    for (const auto& [at, to] : places_) {
      if (counts_[to] != events_.size()) builders[to].append(events_[at]);
    }
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (!builders[i].empty()) out[i].push_back(builders[i].seal(batch_filtered));
    }
  }
  return true;
}

}  // namespace mesh::core
