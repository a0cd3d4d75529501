#include <algorithm>

#include <mesh/core/publisher/group.hpp>

namespace mesh::core {

std::vector<std::string> normal_prefixes(std::vector<std::string> prefixes) {
  std::sort(prefixes.begin(), prefixes.end());
  std::vector<std::string> out;
  for (std::string& prefix : prefixes) {
    if (prefix.empty()) return {};
    if (out.empty() || !prefix.starts_with(out.back())) out.push_back(std::move(prefix));
  }
  return out;
}

// The prefixes are in normal form, so the only one that can match is the last one not after the topic.
bool matches(std::span<const std::string> prefixes, std::string_view topic) {
  if (prefixes.empty()) return true;
  const auto it = std::upper_bound(prefixes.begin(), prefixes.end(), topic);
  return it != prefixes.begin() && topic.starts_with(*std::prev(it));
}

bool settled_through(const Group& group, Seq seq) {
  if (group.ledger.floor() < seq) return false;
  const Seq lowest = group.retries.lowest();
  return lowest == 0 || lowest > seq;
}

Seq position(const Group& group, SlotMask slots) {
  const Seq floor = group.ledger.floor(slots);
  return group.value.unheard.empty() ? floor : std::min(floor, group.value.unheard.first - 1);
}

void note_incident(Group& group, Incident incident) {
  ++group.incidents;
  group.newest.push_back(incident);
  if (group.newest.size() > incidents_told_max) group.newest.pop_front();
}

GroupStatus status_of(const Group& group, Seq head) {
  GroupStatus status;
  status.group = group.name;
  status.prefixes = group.value.prefixes;
  status.floor = group.ledger.floor();
  status.lag = group.ledger.missing_through(head);
  status.in_flight = group.retries.flying().size();
  status.waiting = group.retries.waiting();
  status.parked = group.parked.size();
  status.expired = group.value.expired;
  status.retried = group.retried;
  status.redelivered = group.redelivered;
  status.stale = group.stale;
  status.fetched_after = group.fetched.after();
  status.fetched = group.fetched.ranges();
  status.incidents = group.incidents;
  status.newest.assign(group.newest.begin(), group.newest.end());
  status.paused = group.value.paused;
  status.reserved = group.reserved;
  status.lease = group.value.lease;
  status.order = group.value.policy.order;
  status.on_park = group.value.policy.on_park;
  status.attempts_max = group.value.policy.attempts_max;
  status.oldest_unsettled = group.ledger.first_missing(head);
  const Seq retry = group.retries.lowest();
  if (retry != 0 && (status.oldest_unsettled == 0 || retry < status.oldest_unsettled)) {
    status.oldest_unsettled = retry;
  }
  return status;
}

}  // namespace mesh::core
