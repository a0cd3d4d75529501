#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/retry_schedule.hpp>

namespace mesh::core {
namespace {

void wait_again(Desk& desk, Group& group, Seq seq, RetryEntry& entry, std::optional<Duration> wish, Now now) {
  entry.delay = retry_delay(group.value.policy, group.name, seq, entry.attempts, wish);
  entry.due_wall = now.wall + entry.delay.count();
  group.retries.wait(seq, entry, now.steady + entry.delay);
  const auto why = entry.history.empty() ? std::nullopt : std::optional(entry.history.back().reason);
  note_incident(group, {Incident::What::retry, seq, entry.attempt(), why});
  desk.save_retry(group, seq);
}

void count(Desk& desk, Group& group, RetryEntry& entry, Attempt attempt) {
  ++entry.attempts;
  entry.suspect = false;
  ++group.retried;
  ++desk.counters.retried;
  remember(entry.history, std::move(attempt));
}

}  // namespace

void fail_attempt(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Attempt attempt,
                  std::optional<Duration> wish, Now now) {
  const Reason last = attempt.reason;
  count(desk, group, entry, std::move(attempt));
  if (entry.attempts >= group.value.policy.attempts_max) {
    return park_entry(desk, group, seq, entry, exhausted_reason(last), std::nullopt, now);
  }
  wait_again(desk, group, seq, entry, wish, now);
}

void park_entry(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Reason reason,
                std::optional<Attempt> attempt, Now now) {
  if (attempt) count(desk, group, entry, std::move(*attempt));
  const std::size_t coming = group.retries.parking().size() + group.retries.fetching();
  if (group.parked.size() + coming >= desk.settings.parked_max) {
    desk.notice_rarely(Level::warning, "parked.full",
                       "group " + group.name + " has its maximum of parked events: event " +
                           std::to_string(seq) + " keeps being retried; redrive or discard some",
                       now);
    return wait_again(desk, group, seq, entry, group.value.policy.backoff.back(), now);
  }
  entry.reason = reason;
  group.retries.move(seq, entry, RetryEntry::State::parking);
  desk.save_retry(group, seq);
}

void charge_crash(Desk& desk, Group& group, SlotMask slots, bool alone, Now now) {
  const std::vector<Seq> flying = group.retries.flying(slots);
  for (const Seq seq : flying) {
    if (flying.size() > 1 || !alone) {
      // One of them may have done it, and the others are not to pay for that: they come again one by one.
      RetryEntry& entry = *group.retries.find(seq);
      entry.suspect = true;
      group.isolation.flight.insert(seq);
      group.retries.wait(seq, entry, now.steady);
      desk.save_retry(group, seq);
      continue;
    }
    RetryEntry& entry = *group.retries.find(seq);
    Attempt attempt;
    attempt.number = entry.attempt();
    attempt.at = now.wall;
    attempt.member = group.value.owners.name(SlotMask{1} << entry.slot);
    attempt.reason = Reason::consumer_crash;
    attempt.text = "the member vanished with the event in hand";
    fail_attempt(desk, group, seq, entry, std::move(attempt), std::nullopt, now);
  }
}

void unclaim_crash(Desk& desk, Group& group, SlotMask slots, const HeldEvent& held, Now now) {
  RetryEntry* entry = group.retries.find(held.seq);
  if (entry == nullptr || entry->state != RetryEntry::State::waiting || entry->redrives != held.redrives)
    return;
  if ((slots >> entry->slot & 1) == 0) return;
  const bool charged = entry->attempts == held.attempt && !entry->history.empty() &&
                       entry->history.back().reason == Reason::consumer_crash;
  if (charged) {
    --entry->attempts;
    entry->history.pop_back();
  } else if (!entry->in_hand(held.attempt, held.redrives)) {
    return;
  }
  entry->suspect = false;
  entry->seen = now.steady;
  group.retries.move(held.seq, *entry, RetryEntry::State::flying);
  desk.save_retry(group, held.seq);
}

void expire_entry(Desk& desk, Group& group, Seq seq, Now now) {
  desk.erase_retry(group, seq);
  ++group.value.expired;
  ++desk.counters.expired;
  desk.save_value(group);
  desk.notice_rarely(Level::warning, "event.expired",
                     "group " + group.name + ": event " + std::to_string(seq) +
                         " was waiting for its retry, but retention has taken it (others are only counted)",
                     now);
}

}  // namespace mesh::core
