#include <algorithm>

#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

void MemberCore::State::assign(SlotMask all, SlotMask release, Seq at, std::vector<SlotLedger> ledgers,
                               Seq redelivered) {
  slots = all & ~release;
  assigned = slots != 0;
  ++generation;
  if (generation > 1) out.drop_before_generation = generation;
  std::erase_if(out.deliveries, [&](const Delivery& delivery) { return delivery.generation < generation; });
  out.drain = draining = drained = 0;
  releases.clear();
  lags.clear();
  settlement.begin(slots, at, std::move(ledgers), head);
  // What earlier handlers still do is void: the events may be another member's by now, and come again.
  verdicts.clear();
  held.clear();
  merge.restart(at);
  marks.fill(redelivered);
  resumed_slots = 0;
  join_at = head;
  stalled = false;
  give_up(release & ~slots);
}

void MemberCore::State::change_slots(SlotMask all, SlotMask release, Seq at, std::vector<SlotLedger> ledgers,
                                     Seq redelivered) {
  if (closing != Closing::no) return;  // all that is in hand is about to go back anyway
  // What is new comes with its ledger. The rest may be what this member has just released, unread as yet.
  SlotMask told = 0;
  for (const auto& ledger : ledgers) told |= ledger.slots;
  const SlotMask gained = all & told & ~release & ~mine();
  if (gained != 0) gain(gained, at, std::move(ledgers), redelivered);
  give_up(release);
}

// What is in hand of other slots stays, and so does what is held of the live stream. Only what was missed of
// the new slots is fetched, up to where the others are; from there on all go together.
void MemberCore::State::gain(SlotMask gained, Seq at, std::vector<SlotLedger> ledgers, Seq redelivered) {
  for (auto& pending : releases) pending.slots &= ~gained;
  std::erase_if(releases, [](const PendingRelease& pending) { return pending.slots == 0; });
  settlement.gain(gained, at, std::move(ledgers), head);
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if ((gained >> slot & 1) != 0) marks[slot] = redelivered;
  }
  resumed_slots &= ~gained;
  // Deliveries sent before the slots were given carry an earlier epoch, so none comes a second time.
  held.forget_answered();
  // An answer under way does not speak of them.
  fetch_id = 0;
  timers.clear(Timer::fetch_answer);
  join_at = head;
  at_head = false;
  phase = Phase::catching_up;
  timers.clear(Timer::probe);
  if (slots == 0) {
    lags.clear();
    merge.restart(at);
  } else if (at < merge.position()) {
    lags.push_back({gained, at});
    std::stable_sort(lags.begin(), lags.end(),
                     [](const Lag& a, const Lag& b) { return a.position < b.position; });
  }
  slots |= gained;
  assigned = true;
  join_lags();
}

void MemberCore::State::join_lags() {
  for (auto& lag : lags) lag.slots &= slots;
  std::erase_if(lags, [&](const Lag& lag) { return lag.slots == 0 || lag.position >= merge.position(); });
  for (std::size_t i = 1; i < lags.size();) {
    if (lags[i].position > lags[i - 1].position) {
      ++i;
      continue;
    }
    lags[i].slots |= lags[i - 1].slots;
    lags[i].position = std::max(lags[i].position, lags[i - 1].position);
    lags.erase(lags.begin() + static_cast<std::ptrdiff_t>(i) - 1);
  }
}

SlotMask MemberCore::State::lagging() const {
  SlotMask all = 0;
  for (const auto& lag : lags) all |= lag.slots;
  return all;
}

// The handlers finish what they have; the rest goes back unharmed.
void MemberCore::State::give_up(SlotMask release) {
  SlotMask pending = 0;
  for (const auto& one : releases) pending |= one.slots;
  // Slots that this member never heard of: there is nothing to finish.
  if (const SlotMask unheard = release & ~mine() & ~pending; unheard != 0) releases.push_back({unheard, 0});
  const SlotMask now = release & slots;
  if (now == 0) return;
  slots &= ~now;
  draining |= now;
  out.drain |= now;
  std::erase_if(out.deliveries, [&](const Delivery& delivery) {
    if ((now >> delivery.event.slot & 1) == 0) return false;
    // Not even seen by the dispatcher.
    settlement.release(1, delivery.event.record.size());
    settlement.add(delivery.slots & slots, {delivery.event.seq, delivery.covers_to});
    if (delivery.counted) held.release({delivery.event.seq, delivery.attempt, delivery.redrives});
    return true;
  });
  join_lags();
}

void MemberCore::State::on_drained(SlotMask idle) {
  drained |= draining & idle;
  draining &= ~idle;
}

void MemberCore::State::release_if_drained(Now now) {
  if (const SlotMask ready = drained == 0 ? 0 : drained & ~verdicts.slots(); ready != 0) {
    drained &= ~ready;
    releases.push_back({ready, 0});
  }
  const bool unsent = std::any_of(releases.begin(), releases.end(), [](auto& one) { return one.id == 0; });
  if (unsent) send_release(now);
}

void MemberCore::State::send_release(Now now) {
  if (!attached() || closing != Closing::no || releases.empty()) return;
  Release release;
  release.session = session;
  release.id = ++last_id;
  release.epoch = epoch;
  for (auto& pending : releases) {
    release.slots |= pending.slots;
    if (pending.id == 0) pending.id = release.id;
  }
  release.settled = settlement.ledgers(release.slots, ranges_per_farewell);
  timers.set(Timer::release, now.steady + settings.request_timeout);
  ask(std::move(release), now);
}

void MemberCore::State::on_released(const Released& released, Now now) {
  if (!attached() || released.session != session) return;
  heard_from_publisher(now);
  answered(released.id);
  for (auto& pending : releases) {
    if (pending.id == 0 || pending.id > released.id) continue;
    settlement.lose(pending.slots & released.slots);
    blocked.forget(pending.slots & released.slots);
    pending.slots &= ~released.slots;
  }
  std::erase_if(releases, [](const PendingRelease& pending) { return pending.slots == 0; });
  if (releases.empty()) timers.clear(Timer::release);
}

}  // namespace mesh::core
