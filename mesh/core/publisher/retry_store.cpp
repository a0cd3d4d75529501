#include <algorithm>

#include <mesh/core/publisher/retry_store.hpp>

namespace mesh::core {

RetryEntry* RetryStore::find(Seq seq) {
  const auto it = entries_.find(seq);
  return it == entries_.end() ? nullptr : &it->second;
}

RetryEntry& RetryStore::put(Seq seq, Slot slot, KeyId key) {
  const auto [it, added] = entries_.try_emplace(seq);
  if (!added) return it->second;
  it->second.slot = slot;
  it->second.key = key;
  due_[slot].emplace(it->second.due, seq);
  line_up(key, seq);
  return it->second;
}

void RetryStore::set_order(bool ordered) {
  lines_.clear();
  ordered_ = ordered;
  for (auto& [seq, entry] : entries_) {
    if (ordered) {
      line_up(entry.key, seq);
    } else if (entry.state == RetryEntry::State::behind) {
      list(seq, entry);
    }
  }
}

void RetryStore::line_up(KeyId key, Seq seq) {
  if (!ordered_ || key == 0) return;
  const Seq before = lines_.first(key);
  lines_.join(key, seq);
  for (const Seq one : {before, seq}) {
    RetryEntry* entry = find(one);
    if (entry == nullptr || entry->state != RetryEntry::State::waiting || !is_behind(one, *entry)) continue;
    unlist(one, *entry);
    entry->state = RetryEntry::State::behind;
  }
}

void RetryStore::leave_line(KeyId key, Seq seq) {
  if (!ordered_ || key == 0) return;
  lines_.leave(key, seq);
  const Seq first = lines_.first(key);
  RetryEntry* entry = find(first);
  if (entry != nullptr && entry->state == RetryEntry::State::behind) list(first, *entry);
}

bool RetryStore::is_behind(Seq seq, const RetryEntry& entry) const {
  if (!ordered_ || entry.key == 0) return false;
  const Seq first = lines_.first(entry.key);
  return first != 0 && first < seq;
}

void RetryStore::list(Seq seq, RetryEntry& entry) {
  entry.state = RetryEntry::State::waiting;
  due_[entry.slot].emplace(entry.due, seq);
}

void RetryStore::unlist_due(Slot slot, const Due& due) {
  const auto it = due_.find(slot);
  if (it == due_.end()) return;
  it->second.erase(due);
  if (it->second.empty()) due_.erase(it);
}

void RetryStore::unlist(Seq seq, const RetryEntry& entry) {
  switch (entry.state) {
    case RetryEntry::State::waiting:
      unlist_due(entry.slot, {entry.due, seq});
      break;
    case RetryEntry::State::behind:
      break;
    case RetryEntry::State::reading:
      reading_.erase(seq);
      --aloft_[entry.slot];
      break;
    case RetryEntry::State::flying:
      flying_.erase(seq);
      --aloft_[entry.slot];
      break;
    case RetryEntry::State::parking:
      parking_.erase(seq);
      break;
    case RetryEntry::State::fetching:
      --fetching_;
      break;
  }
}

void RetryStore::erase(Seq seq) {
  const auto it = entries_.find(seq);
  if (it == entries_.end()) return;
  unlist(seq, it->second);
  const KeyId key = it->second.key;
  entries_.erase(it);
  leave_line(key, seq);
}

void RetryStore::wait(Seq seq, RetryEntry& entry, Duration due) {
  unlist(seq, entry);
  entry.state = RetryEntry::State::behind;
  entry.reason.reset();
  entry.due = due;
  if (!is_behind(seq, entry)) list(seq, entry);
}

void RetryStore::move_slot(Seq seq, RetryEntry& entry, Slot slot) {
  const auto state = entry.state;
  unlist(seq, entry);
  entry.slot = slot;
  list(seq, entry);
  if (state != RetryEntry::State::waiting) move(seq, entry, state);
}

void RetryStore::move(Seq seq, RetryEntry& entry, RetryEntry::State state) {
  if (state == RetryEntry::State::waiting || state == RetryEntry::State::behind) {
    return wait(seq, entry, entry.due);
  }
  unlist(seq, entry);
  entry.state = state;
  switch (state) {
    case RetryEntry::State::waiting:
    case RetryEntry::State::behind:
      break;
    case RetryEntry::State::reading:
      reading_.insert(seq);
      ++aloft_[entry.slot];
      break;
    case RetryEntry::State::flying:
      flying_.insert(seq);
      ++aloft_[entry.slot];
      break;
    case RetryEntry::State::parking:
      parking_.insert(seq);
      break;
    case RetryEntry::State::fetching:
      ++fetching_;
      break;
  }
}

std::vector<Seq> RetryStore::due(Duration now, SlotMask slots, std::size_t count) const {
  std::vector<Due> found;
  for (const auto& [slot, dues] : due_) {
    if ((slots >> slot & 1) == 0) continue;
    std::size_t taken = 0;
    for (const Due& due : dues) {
      if (due.first > now || taken++ >= count) break;
      found.push_back(due);
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<Seq> out;
  for (const Due& due : found) {
    if (out.size() >= count) break;
    out.push_back(due.second);
  }
  return out;
}

std::optional<RetryStore::Due> RetryStore::first_due(SlotMask slots) const {
  std::optional<Due> first;
  for (const auto& [slot, dues] : due_) {
    if ((slots >> slot & 1) != 0) first = std::min(first.value_or(*dues.begin()), *dues.begin());
  }
  return first;
}

std::vector<Seq> RetryStore::flying(SlotMask slots) const {
  std::vector<Seq> out;
  for (const Seq seq : flying_) {
    if ((slots >> entries_.at(seq).slot & 1) != 0) out.push_back(seq);
  }
  return out;
}

std::size_t RetryStore::in_flight(SlotMask slots) const {
  std::size_t sum = 0;
  if (flying_.empty() && reading_.empty()) return 0;
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if ((slots >> slot & 1) != 0) sum += aloft_[slot];
  }
  return sum;
}

bool RetryStore::grounded(SlotMask slots, std::size_t in_flight_max) const {
  const std::size_t count = in_flight(slots);
  if (count >= in_flight_max) return true;
  if (count != 1) return false;  // who flies alone has nobody beside it
  for (const auto* aloft : {&flying_, &reading_}) {
    for (const Seq seq : *aloft) {
      const RetryEntry& entry = entries_.at(seq);
      if ((slots >> entry.slot & 1) != 0) return entry.flies_alone();
    }
  }
  return false;
}

std::vector<Seq> RetryStore::may_fly(Duration now, SlotMask slots, std::size_t in_flight_max) const {
  if (due_.empty() || grounded(slots, in_flight_max)) return {};
  const std::size_t aloft = in_flight(slots);
  std::vector<Seq> out = due(now, slots, in_flight_max - aloft);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!entries_.at(out[i]).flies_alone()) continue;
    out.resize(i == 0 && aloft == 0 ? 1 : i);
    break;
  }
  return out;
}

std::optional<Duration> RetryStore::next_flight(SlotMask slots, std::size_t in_flight_max) const {
  const auto first = first_due(slots);
  if (!first || grounded(slots, in_flight_max)) return std::nullopt;
  if (in_flight(slots) > 0 && entries_.at(first->second).flies_alone()) return std::nullopt;
  return first->first;
}

Seq RetryStore::lowest_uncopied() const {
  for (const auto& [seq, entry] : entries_) {
    if (!entry.copied) return seq;
  }
  return 0;
}

RetryValue to_value(const RetryEntry& entry) {
  RetryValue value;
  switch (entry.state) {
    case RetryEntry::State::waiting:
    case RetryEntry::State::reading:
      value.state = RetryValue::State::waiting;
      break;
    case RetryEntry::State::behind:
      value.state = RetryValue::State::behind;
      break;
    case RetryEntry::State::flying:
      value.state = RetryValue::State::flying;
      break;
    case RetryEntry::State::parking:
    case RetryEntry::State::fetching:
      value.state = RetryValue::State::parking;
      value.reason = entry.reason;
      break;
  }
  value.slot = entry.slot;
  value.key = entry.key;
  value.attempts = entry.attempts;
  value.redrives = entry.redrives;
  value.due = entry.due_wall;
  value.delay = entry.delay;
  value.copied = entry.copied;
  value.history = entry.history;
  return value;
}

}  // namespace mesh::core
