#include <mesh/core/publisher/retry_store.hpp>

namespace mesh::core {

RetryEntry* RetryStore::find(Seq seq) {
  const auto it = entries_.find(seq);
  return it == entries_.end() ? nullptr : &it->second;
}

RetryEntry& RetryStore::put(Seq seq) {
  const auto [it, added] = entries_.try_emplace(seq);
  if (added) due_.emplace(it->second.due, seq);
  return it->second;
}

void RetryStore::unlist(Seq seq, const RetryEntry& entry) {
  switch (entry.state) {
    case RetryEntry::State::waiting:
      due_.erase({entry.due, seq});
      break;
    case RetryEntry::State::reading:
      reading_.erase(seq);
      break;
    case RetryEntry::State::flying:
      flying_.erase(seq);
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
  entries_.erase(it);
}

void RetryStore::wait(Seq seq, RetryEntry& entry, Duration due) {
  unlist(seq, entry);
  entry.state = RetryEntry::State::waiting;
  entry.reason.reset();
  entry.due = due;
  due_.emplace(due, seq);
}

void RetryStore::move(Seq seq, RetryEntry& entry, RetryEntry::State state) {
  if (state == RetryEntry::State::waiting) return wait(seq, entry, entry.due);
  unlist(seq, entry);
  entry.state = state;
  switch (state) {
    case RetryEntry::State::waiting:
      break;
    case RetryEntry::State::reading:
      reading_.insert(seq);
      break;
    case RetryEntry::State::flying:
      flying_.insert(seq);
      break;
    case RetryEntry::State::parking:
      parking_.insert(seq);
      break;
    case RetryEntry::State::fetching:
      ++fetching_;
      break;
  }
}

std::vector<Seq> RetryStore::due(Duration now, std::size_t count) const {
  std::vector<Seq> out;
  for (const auto& [when, seq] : due_) {
    if (when > now || out.size() >= count) break;
    out.push_back(seq);
  }
  return out;
}

std::optional<Duration> RetryStore::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

bool RetryStore::grounded(std::size_t in_flight_max) const {
  if (in_flight() >= in_flight_max) return true;
  if (in_flight() != 1) return false;  // who flies alone has nobody beside it
  return entries_.at(flying_.empty() ? *reading_.begin() : *flying_.begin()).flies_alone();
}

std::vector<Seq> RetryStore::may_fly(Duration now, std::size_t in_flight_max) const {
  if (grounded(in_flight_max)) return {};
  std::vector<Seq> out = due(now, in_flight_max - in_flight());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!entries_.at(out[i]).flies_alone()) continue;
    out.resize(i == 0 && in_flight() == 0 ? 1 : i);
    break;
  }
  return out;
}

std::optional<Duration> RetryStore::next_flight(std::size_t in_flight_max) const {
  if (due_.empty() || grounded(in_flight_max)) return std::nullopt;
  if (in_flight() > 0 && entries_.at(due_.begin()->second).flies_alone()) return std::nullopt;
  return due_.begin()->first;
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
    case RetryEntry::State::flying:
      value.state = RetryValue::State::flying;
      break;
    case RetryEntry::State::parking:
    case RetryEntry::State::fetching:
      value.state = RetryValue::State::parking;
      value.reason = entry.reason;
      break;
  }
  value.attempts = entry.attempts;
  value.redrives = entry.redrives;
  value.due = entry.due_wall;
  value.delay = entry.delay;
  value.copied = entry.copied;
  value.history = entry.history;
  return value;
}

}  // namespace mesh::core
