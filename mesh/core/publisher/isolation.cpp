#include <algorithm>

#include <mesh/core/publisher/isolation.hpp>
#include <mesh/core/publisher/key_order.hpp>

namespace mesh::core {
namespace {

/// Bytes of the journal's events read for one flight.
constexpr std::size_t flight_credit = 1u << 20;

/// The members know that it is blocked: by the verdict that put its first event among the retries, or by the
/// Welcome or Grant that came after. Of a redriven event that has not failed again nobody has told them.
bool blocked_for_members(const Group& group, KeyId key) {
  const auto& entries = group.retries.entries();
  const auto first = entries.find(group.retries.lines().first(key));
  return first == entries.end() || first->second.attempts > 0 || first->second.redrives == 0;
}

bool through_with(const Group& group, Seq seq) {
  const auto it = group.retries.entries().find(seq);
  if (it == group.retries.entries().end()) return true;
  const RetryEntry& entry = it->second;
  const bool parks = entry.state == RetryEntry::State::parking || entry.state == RetryEntry::State::fetching;
  const bool waits = entry.state == RetryEntry::State::behind && blocked_for_members(group, entry.key);
  return parks || waits || (!entry.suspect && (entry.attempts > 0 || entry.redrives > 0));
}

SlotMask flight_slots(const Group& group) {
  SlotMask slots = 0;
  for (const Seq seq : group.isolation.flight) {
    const auto it = group.retries.entries().find(seq);
    if (it != group.retries.entries().end()) slots |= SlotMask{1} << it->second.slot;
  }
  return slots;
}

}  // namespace

void isolate(Desk& desk, Group& group, SlotMask slots, Seq through, bool known) {
  Isolation& isolation = group.isolation;
  through = std::min(through, desk.head);
  const bool suspects = (flight_slots(group) & slots) != 0;
  if (group.ledger.floor(slots) >= through && !suspects && (isolation.slots & slots) == 0) return;
  isolation.through = isolation.active ? std::max(isolation.through, through) : through;
  isolation.active = true;
  isolation.slots |= slots;
  isolation.lost |= slots;
  isolation.cursor = group.ledger.floor(isolation.lost);
  isolation.left = known ? Isolating::suspects_max : Isolating::suspects_unknown_max;
  isolation.width = 0;
  ++isolation.round;
  isolation.reading = false;
  group.unbalanced = true;
  desk.touch(group);
}

void pardon(Desk& desk, Group& group, SlotMask slots) {
  Isolation& isolation = group.isolation;
  if (!isolation.active || (isolation.slots & slots) == 0) return;
  // What flies already goes on, and what comes after it in its slots waits for it.
  isolation.lost &= ~slots;
  if (isolation.lost == 0) isolation.through = 0;
  isolation.slots &= ~slots | flight_slots(group);
  isolation.keeper = 0;
  ++isolation.round;
  isolation.reading = false;
  group.unbalanced = true;
  desk.touch(group);
}

const Session* keeper_of(const Desk& desk, const Group& group) {
  const Isolation& isolation = group.isolation;
  const auto it = desk.sessions.all().find(isolation.keeper);
  if (!isolation.active || it == desk.sessions.all().end()) return nullptr;
  const Session& session = *it->second;
  if (session.group != &group || (isolation.slots & ~(session.slots & ~session.leaving)) != 0) return nullptr;
  return isolation.hurry || (session.slots & ~isolation.slots) == 0 ? &session : nullptr;
}

void Isolating::end(Group& group) {
  const auto round = group.isolation.round;
  group.isolation = Isolation{};
  group.isolation.round = round + 1;
  group.unbalanced = true;
  desk_.fetches_held = true;
}

void Isolating::pump(Group& group, Now now) {
  Isolation& isolation = group.isolation;
  if (!isolation.active) return;
  std::erase_if(isolation.flight, [&](Seq seq) { return through_with(group, seq); });
  if (!isolation.flight.empty() || isolation.reading) return;
  if (isolation.cursor >= isolation.through || isolation.left == 0) return end(group);
  if (keeper_of(desk_, group) == nullptr || now.steady < group.read_again) return;
  isolation.width = std::clamp<std::size_t>(isolation.width * 2, 1,
                                            std::min(width_max, desk_.settings.redeliveries_in_flight_max));
  ReadJob job;
  job.kind = ReadJob::Kind::range;
  job.after = isolation.cursor;
  job.upto = isolation.through;
  job.credit = flight_credit;
  job.prefixes = group.value.prefixes;
  job.settled = group.ledger.view(isolation.lost);
  isolation.reading = true;
  desk_.ask(std::move(job), ReadToIsolate{&group, isolation.round});
}

void Isolating::take(Group& group, const EventView& event, Now now) {
  const Seq seq = event.seq;
  --group.isolation.left;
  RetryEntry& entry = group.retries.put(seq, event.slot, key_id(event.key));
  entry.due_wall = now.wall;
  group.retries.wait(seq, entry, now.steady);
  desk_.save_retry(group, seq);
  // Its entry settles it: both are in one commit.
  if (group.ledger.settle(seq)) desk_.ledger_changed(group, now);
  group.isolation.flight.insert(seq);
  park_if_behind_parked(desk_, group, seq, entry, now);
}

void Isolating::on_read(const ReadToIsolate& reason, const ReadResult& result, Now now) {
  Group& group = *reason.group;
  Isolation& isolation = group.isolation;
  if (!isolation.active || isolation.round != reason.round) return;
  isolation.reading = false;
  desk_.touch(group);
  // A journal that cannot be read is told where it is fetched.
  if (result.error) return end(group);
  std::vector<EventView> events;
  SlotMask seen = 0;
  Seq through = result.through;
  for (const Batch& batch : result.batches) {
    if (auto decoded = decode_events(batch.view(), events); !decoded) return end(group);
    for (const EventView& event : events) {
      if (group.ledger.contains(event.seq) || group.retries.find(event.seq) != nullptr) continue;
      // One of each slot: a Deliver may be lost, and another overtake it, but never within a key.
      const SlotMask slot = SlotMask{1} << event.slot;
      if ((seen & slot) == 0 && isolation.flight.size() < isolation.width && isolation.left > 0) {
        take(group, event, now);
      } else {
        through = std::min(through, event.seq - 1);
      }
      seen |= slot;
    }
    if (isolation.flight.size() == isolation.width) {
      through = std::min(through, batch.header.last);
      break;
    }
  }
  isolation.cursor = std::max(isolation.cursor, through);
}

}  // namespace mesh::core
