#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/key_order.hpp>

namespace mesh::core {
namespace {

bool parks_keys(const Group& group) {
  return group.value.policy.order == Order::key && group.value.policy.on_park == OnPark::park_key;
}

}  // namespace

bool is_behind_parked(const Group& group, Seq seq, KeyId key) {
  const Seq first = group.parked_lines.first(key);
  return first != 0 && first < seq;
}

void apply_order(Group& group) {
  group.retries.set_order(false);
  group.parked_lines = KeyLines{};
  if (group.value.policy.order != Order::key) return;
  group.retries.set_order(true);
  if (!parks_keys(group)) return;
  for (const auto& [seq, index] : group.parked) {
    const KeyId key = key_id(index.key);
    if (key == 0) continue;
    group.retries.line_up(key, seq);
    group.parked_lines.join(key, seq);
  }
}

std::vector<KeyId> blocked_keys(const Group& group, SlotMask slots) {
  return group.retries.lines().keys(slots);
}

bool crowded(const Group& group, KeyId key) {
  const KeyLines& lines = group.retries.lines();
  return group.value.policy.order == Order::key && key != 0 && lines.size() >= blocked_keys_max &&
         !lines.contains(key);
}

void tell_unblocked(Desk& desk, Group& group) {
  std::map<SessionId, std::vector<KeyId>> freed;
  for (const KeyId key : group.retries.take_freed()) {
    const SessionId holder = group.assignment.holder(static_cast<Slot>(key % slot_count));
    if (holder != 0) freed[holder].push_back(key);
  }
  for (auto& [id, keys] : freed) {
    const Session* session = desk.sessions.find(id);
    if (session == nullptr) continue;
    // Who did not hear of a key tells of its next event, and hears then.
    if (keys.size() > blocked_keys_told_max) keys.resize(blocked_keys_told_max);
    desk.send(session->route, Unblock{id, session->epoch, session->taken, std::move(keys)});
  }
}

void keep_parked_in_line(Desk& desk, Group& group, KeyId key, Seq seq, Now now) {
  if (!parks_keys(group) || key == 0) return;
  group.retries.line_up(key, seq);
  group.parked_lines.join(key, seq);
  for (const Seq later : group.retries.lines().line(key)) {
    if (RetryEntry* entry = group.retries.find(later)) park_if_behind_parked(desk, group, later, *entry, now);
  }
}

void park_if_behind_parked(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Now now) {
  if (entry.state != RetryEntry::State::behind || !is_behind_parked(group, seq, entry.key)) return;
  park_entry(desk, group, seq, entry, Reason::key_parked, std::nullopt, now);
}

void parked_no_more(Desk& desk, Group& group, KeyId key, Seq seq) {
  if (!parks_keys(group) || key == 0) return;
  group.parked_lines.leave(key, seq);
  group.parked_lines.take_freed();
  if (group.retries.find(seq) == nullptr) group.retries.leave_line(key, seq);
  desk.touch(group);
}

}  // namespace mesh::core
