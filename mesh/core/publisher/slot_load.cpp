#include <algorithm>

#include <mesh/core/publisher/desk.hpp>
#include <mesh/core/publisher/slot_load.hpp>

namespace mesh::core {

bool SlotLoad::add(const SlotLoads& events) {
  std::uint64_t sum = 0;
  for (Slot slot = 0; slot < slot_count; ++slot) {
    by_slot_[slot] += events[slot];
    sum += events[slot];
  }
  total_ += sum;
  news_ += sum;
  while (total_ > total_max) {
    total_ = 0;
    for (std::uint64_t& count : by_slot_) total_ += count /= 2;
  }
  return sum > 0;
}

void Sampling::on_committed(const Batch& batch, Now now) {
  if (desk_.groups.empty() || busy_until_ > now.steady) return;
  if (!decode_events(batch.view(), events_)) return;  // where it is routed or fetched, that is told
  SlotLoads all{};
  for (const EventView& event : events_) ++all[event.slot];
  std::uint64_t looks = desk_.groups.size() + events_.size();
  for (const auto& [name, group] : desk_.groups) {
    if (group->value.prefixes.empty()) {
      count(*group, all);
    } else {
      count(*group, of(*group));
      looks += events_.size();
    }
  }
  busy_until_ = std::max(busy_until_, now.steady - Duration(1s)) + looks * Duration(1s) / looks_per_second;
}

SlotLoads Sampling::of(const Group& group) const {
  SlotLoads out{};
  for (const EventView& event : events_) {
    if (matches(group.value.prefixes, event.topic)) ++out[event.slot];
  }
  return out;
}

void Sampling::count(Group& group, const SlotLoads& events) {
  const std::uint64_t enough = desk_.settings.load_known_after;
  const bool few = group.load.news() < enough;
  // From now on its shares may be looked at again.
  if (group.load.add(events) && few && group.load.news() >= enough) desk_.touch(group);
}

}  // namespace mesh::core
