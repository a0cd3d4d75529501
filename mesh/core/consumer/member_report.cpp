#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

void MemberCore::State::on_completion(const Completion& completion, Now now) {
  // An older generation's events may be another member's by now: whatever became of them is void here.
  if (completion.link != settings.link || completion.generation != generation) return;
  if (completion.drained) return on_drained(completion.slots);
  if (!completion.late) settlement.release(completion.events, completion.bytes);
  if (completion.dropped) {
    settlement.add(completion.slots & slots & ~draining, {completion.seq, completion.covers_to});
    if (completion.counted) held.release({completion.seq, completion.attempt, completion.redrives});
    return;
  }
  if (completion.counted) {
    redelivered_completion(completion);
  } else {
    first_completion(completion);
  }
  if (watching()) return;
  if (verdicts.waiting()) report_soon(now, Duration{0});
  if (settlement.dirty() && settlement.events_in_hand() == 0) report_soon(now, Duration{0});
}

void MemberCore::State::first_completion(const Completion& completion) {
  if (completion.kind == Completion::Kind::ack && !completion.late) {
    settlement.add(completion.slots, {completion.seq, completion.covers_to});
    counters.settled += completion.events;
    return;
  }
  if (!completion.late) settlement.add(completion.slots, {completion.seq + 1, completion.covers_to});
  judge(completion, completion.late ? 0 : completion.slots);
}

void MemberCore::State::redelivered_completion(const Completion& completion) {
  if (completion.kind == Completion::Kind::behind) {
    // Put back: what the member does not hold is sent again.
    if (completion.turn != 0) blocked.blocked(completion.key, completion.turn);
    return held.release({completion.seq, completion.attempt, completion.redrives});
  }
  judge(completion, 0);
}

void MemberCore::State::judge(const Completion& completion, SlotMask settles) {
  Verdict verdict;
  switch (completion.kind) {
    case Completion::Kind::ack:
      verdict.kind = Verdict::Kind::ack;
      break;
    case Completion::Kind::retry:
      verdict.kind = Verdict::Kind::retry;
      if (completion.reason == Reason::ack_timeout) {
        notice(Level::warning, "handler.ack_timeout",
               "event " + std::to_string(completion.seq) + " of " + name + ", attempt " +
                   std::to_string(completion.attempt) + ": " + completion.text);
      }
      ++counters.retried;
      break;
    case Completion::Kind::park:
      verdict.kind = Verdict::Kind::park;
      ++counters.parked;
      break;
    case Completion::Kind::behind:
      verdict.kind = Verdict::Kind::behind;
      break;
  }
  if (watching()) return;
  verdict.seq = completion.seq;
  verdict.attempt = completion.attempt;
  verdict.redrives = completion.redrives;
  verdict.reason = completion.reason;
  verdict.text = completion.text;
  verdict.delay = completion.delay;
  verdict.took = completion.took;
  verdict.slot = completion.slot;
  verdict.key = completion.key;
  if (completion.turn != 0) blocked.blocked(completion.key, completion.turn);
  blocked.asked(completion.key);
  verdicts.add(std::move(verdict), settles, completion.counted);
}

void MemberCore::State::on_acked(const Acked& acked, Now now) {
  if (!attached() || acked.session != session) return;
  heard_from_publisher(now);
  answered(acked.id);
  head = std::max(head, acked.head);
  if (acked.stale) {
    // An Ack from before a Grant is stale by right.
    if (acked.id < epoch_first_id) return;
    ++counters.stale;
    return attach(now);
  }
  verdicts.answered(acked.id, [&](const VerdictBook::Entry& entry) {
    settlement.add(entry.settles, {entry.verdict.seq, entry.verdict.seq});
    const Verdict& verdict = entry.verdict;
    blocked.answered(verdict.key, entry.carrier);
    if (entry.redelivered) held.answered({verdict.seq, verdict.attempt, verdict.redrives});
  });
  if (verdicts.waiting()) report_soon(now, Duration{0});
}

void MemberCore::State::on_unblock(const Unblock& unblock, Now now) {
  if (!attached() || unblock.session != session) return;
  heard_from_publisher(now);
  if (unblock.epoch != epoch) return;
  for (const KeyId key : unblock.keys) blocked.free(key, unblock.through);
}

void MemberCore::State::report_soon(Now now, Duration within) {
  if (!attached() || watching() || detach_first_id != 0) return;
  const auto spacing = ack_spacing + verdict_spacing * static_cast<std::int64_t>(
                                                           std::min(verdicts.carried(), verdicts_per_ack));
  const auto at = std::max(now.steady + within, last_ack + spacing);
  timers.set_earlier(Timer::ack, at);
}

void MemberCore::State::send_ack(Now now) {
  if (!attached() || detach_first_id != 0) return;
  Ack ack;
  ack.session = session;
  ack.id = ++last_id;
  ack.epoch = epoch;
  if (!watching() && mine() != 0) {
    ack.settled = settlement.ledgers(mine(), ranges_per_ack);
    ack.verdicts = verdicts.carry(ack.id, verdicts_per_ack);
    ack.held = held.list();
  }
  settlement.reported();
  ask(std::move(ack), now);
  last_ack = now.steady;
  timers.clear(Timer::ack);
  timers.set(Timer::life, now.steady + lease / 3);
  if (verdicts.waiting()) {
    report_soon(now, Duration{0});
  } else if (verdicts.carried() > 0) {
    report_soon(now, settings.request_timeout);
  }
}

}  // namespace mesh::core
