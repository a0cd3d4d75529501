#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

void MemberCore::State::close(bool abandon, Now now) {
  const auto wanted = abandon ? Closing::abandoning : Closing::draining;
  if (closing == Closing::abandoning || closing == wanted) return;
  closing = wanted;
  fetch_id = 0;
  for (const auto timer :
       {Timer::fetch_answer, Timer::fetch_retry, Timer::silence, Timer::probe, Timer::release}) {
    timers.clear(timer);
  }
  merge.drop_held();
  // What has not started is void; what runs still counts, so the generation itself stays.
  if (generation > 0) out.drop_before_generation = generation + 1;
  // A handler that has run out of time still runs: its slots are not given to others before it has returned.
  draining |= slots;
  out.drain |= draining;
  for (const auto& delivery : out.deliveries) {  // not even seen by the dispatcher
    settlement.release(1, delivery.event.record.size());
    if (delivery.counted) held.release({delivery.event.seq, delivery.attempt, delivery.redrives});
  }
  out.deliveries.clear();
  if (abandon && attached()) return send_detach(now);
  const bool owes = assigned && !watching() && phase == Phase::attaching;
  if (!attached() && (abandon || !owes)) leave();
  if (phase == Phase::attaching) hellos_unanswered = 0;
}

void MemberCore::State::detach_if_drained(Now now) {
  if (detach_first_id != 0) return;
  const bool done = settlement.events_in_hand() == 0 && draining == 0 && verdicts.size() <= verdicts_per_ack;
  if (done || closing == Closing::abandoning) send_detach(now);
}

void MemberCore::State::send_detach(Now now) {
  Detach detach;
  detach.session = session;
  detach.id = ++last_id;
  detach.epoch = epoch;
  detach.untouched = closing != Closing::abandoning;
  if (!watching()) {
    detach.settled = settlement.ledgers(all_slots, ranges_per_farewell);
    detach.verdicts = verdicts.carry(detach.id, verdicts_per_ack);
  }
  if (detach_first_id == 0) detach_first_id = detach.id;
  timers.clear(Timer::ack);
  timers.clear(Timer::life);
  timers.clear(Timer::lease);
  timers.set(Timer::detach, now.steady + settings.request_timeout);
  send(std::move(detach));
}

void MemberCore::State::detach_unanswered(Now now) {
  if (!attached() || detach_first_id == 0) return;
  if (++detaches_unanswered < close_tries) return send_detach(now);
  notice(Level::warning, "detach.unanswered", name + " did not answer: what was settled last may come again");
  leave();
}

void MemberCore::State::leave() {
  phase = Phase::left;
  timers.clear();
  session = 0;
  out.left = true;
}

}  // namespace mesh::core
