#include <algorithm>

#include <mesh/core/publisher/failing.hpp>
#include <mesh/core/publisher/key_order.hpp>
#include <mesh/core/publisher/settling.hpp>

namespace mesh::core {
namespace {

Attempt attempt_of(const Session& session, Verdict& verdict, Now now) {
  return Attempt{verdict.attempt, now.wall,       verdict.took,
                 session.member,  verdict.reason, std::move(verdict.text)};
}

bool timed_out_last(const RetryEntry& entry, const Verdict& verdict) {
  return entry.state != RetryEntry::State::flying && entry.attempts == verdict.attempt &&
         entry.redrives == verdict.redrives && !entry.history.empty() &&
         entry.history.back().reason == Reason::ack_timeout;
}

}  // namespace

void Settling::on_ack(const Route& route, Ack ack, Now now) {
  if (const auto serial = desk_.sessions.lost(ack.session)) {
    // A process that was stopped, or out of reach, for longer than its lease: its slots are others' now.
    ++desk_.counters.acks;
    ++desk_.counters.stale_acks;
    if (const auto it = desk_.by_serial.find(*serial); it != desk_.by_serial.end()) ++it->second->stale;
    return desk_.send(route, Acked{ack.session, ack.id, true, desk_.head});
  }
  Session* session = attachment_.renew(route, ack.session, ack.id, now);
  if (session == nullptr) return;
  ++desk_.counters.acks;
  Group* group = session->group;
  if (group == nullptr) return desk_.send(route, Acked{session->id, ack.id, false, desk_.head});
  if (!in_time(*session, ack.epoch)) return desk_.send(route, Acked{session->id, ack.id, true, desk_.head});
  handover_.heard_epoch(*session, ack.epoch, now);
  if (session->slots == 0) return desk_.send(route, Acked{session->id, ack.id, false, desk_.head});
  const bool all = take(*session, ack.epoch, ack.settled, ack.verdicts, now);
  session->acked = now.steady;
  session->taken = std::max(session->taken, ack.id);
  for (const HeldEvent& held : ack.held) {
    RetryEntry* entry = group->retries.find(held.seq);
    if (entry == nullptr || (session->slots >> entry->slot & 1) == 0) continue;
    if (entry->in_hand(held.attempt, held.redrives)) entry->seen = now.steady;
  }
  if (!group->retries.flying().empty()) desk_.touch(*group);
  if (!all) {
    return desk_.refuse(route, ack.id, session->id, Errc::limit_reached,
                        "the group has its maximum of retries; verdicts are taken again when it has drained");
  }
  desk_.send(route, Acked{session->id, ack.id, false, desk_.head});
}

bool Settling::in_time(const Session& session, Epoch epoch) {
  if (epoch >= session.since && epoch <= session.epoch) return true;
  ++desk_.counters.stale_acks;
  ++session.group->stale;
  return false;
}

void Settling::on_release(const Route& route, Release release, Now now) {
  Session* session = attachment_.renew(route, release.session, release.id, now);
  if (session == nullptr) return;
  if (session->group == nullptr) {
    return desk_.refuse(route, release.id, session->id, Errc::protocol, "a watcher has no slots");
  }
  SlotMask gone = 0;
  if (in_time(*session, release.epoch)) {
    handover_.heard_epoch(*session, release.epoch, now);
    std::vector<Verdict> none;
    for (SlotLedger& ledger : release.settled) ledger.slots &= release.slots;
    take(*session, release.epoch, release.settled, none, now);
    gone = handover_.release(*session, release.slots, release.epoch, now);
  }
  desk_.send(route, Released{session->id, release.id, gone});
}

void Settling::on_detach(const Route& route, Detach detach, Now now) {
  Session* session = desk_.sessions.find(detach.session);
  if (session == nullptr) {
    // Repeated because our answer was lost? Of any other session nothing was taken: it must attach again
    // first.
    if (desk_.sessions.detached(detach.session)) {
      return desk_.send(route, Detached{detach.session, detach.id});
    }
    return desk_.refuse(route, detach.id, detach.session, Errc::unknown_session,
                        "no such session: the publisher has restarted or the lease ran out");
  }
  session->route = route;
  if (session->group != nullptr && session->slots != 0 && in_time(*session, detach.epoch)) {
    take(*session, detach.epoch, detach.settled, detach.verdicts, now);
  }
  if (session->group != nullptr) desk_.save(*session->group);
  const SessionId id = session->id;
  attachment_.leave(*session, detach.untouched, now);
  desk_.send(route, Detached{id, detach.id});
}

bool Settling::take(Session& session, Epoch epoch, std::vector<SlotLedger>& settled,
                    std::vector<Verdict>& verdicts, Now now) {
  Group& group = *session.group;
  // A late message does not speak of slots that were given since then: they may have been rewound.
  const SlotMask known = session.slots & group.value.owners.slots(session.member, session.instance, epoch);
  const Seq last = std::max(desk_.head, group.ceiling);
  bool cut = clamp_ledgers(settled, last);
  bool all = true;
  for (Verdict& verdict : verdicts) {
    if (verdict.seq == 0 || verdict.seq > last) {
      cut = true;
      continue;
    }
    all = judge(session, known, verdict, now) && all;
  }
  if (cut) {
    desk_.notice_rarely(Level::warning, "ack.beyond_head",
                        "member " + session.member + " of group " + group.name +
                            " reports seqs above the head; they are ignored",
                        now);
  }
  SlotMask beyond = 0;
  for (const SlotLedger& ledger : settled) {
    if (ledger.floor >= session.expired_through) beyond |= ledger.slots;
  }
  if ((session.slots & ~(beyond & known)) == 0) session.expired_through = 0;
  for (const SlotLedger& ledger : settled) {
    if (group.ledger.settle(ledger.slots & known, ledger.floor, ledger.above)) {
      desk_.ledger_changed(group, now);
    }
  }
  return all;
}

bool Settling::judge(Session& session, SlotMask known, Verdict& verdict, Now now) {
  Group& group = *session.group;
  RetryEntry* entry = group.retries.find(verdict.seq);
  const Slot slot = entry != nullptr ? entry->slot : verdict.slot;
  if ((known >> (slot % slot_count) & 1) == 0) {
    // It has been given to another, who is told what this one did not settle.
    ++group.stale;
    return true;
  }
  if (entry == nullptr) return judge_first(session, verdict, now);
  const bool in_hand = entry->in_hand(verdict.attempt, verdict.redrives);
  if (verdict.kind == Verdict::Kind::ack) {
    if (in_hand || timed_out_last(*entry, verdict)) desk_.erase_retry(group, verdict.seq);
    return true;
  }
  if (!in_hand || verdict.kind == Verdict::Kind::behind) return true;
  const Reason reason = verdict.reason;
  Attempt attempt = attempt_of(session, verdict, now);
  if (verdict.kind == Verdict::Kind::retry) {
    fail_attempt(desk_, group, verdict.seq, *entry, std::move(attempt), verdict.delay, now);
  } else {
    park_entry(desk_, group, verdict.seq, *entry, reason, std::move(attempt), now);
  }
  return true;
}

// Nothing is known of the event: this is its first attempt, or a repetition of what was settled long ago.
bool Settling::judge_first(Session& session, Verdict& verdict, Now now) {
  Group& group = *session.group;
  if (verdict.attempt != 1 || verdict.redrives != 0 || group.ledger.contains(verdict.seq)) return true;
  if (verdict.kind == Verdict::Kind::ack) {
    if (group.ledger.settle(verdict.seq)) desk_.ledger_changed(group, now);
    return true;
  }
  if (group.retries.size() >= desk_.settings.waiting_max || crowded(group, verdict.key)) return false;
  RetryEntry& entry = group.retries.put(verdict.seq, verdict.slot % slot_count, verdict.key);
  const Reason reason = verdict.reason;
  Attempt attempt = attempt_of(session, verdict, now);
  if (verdict.kind == Verdict::Kind::behind) {
    // It flies when all before it of its key are through, which may be at once.
    entry.due_wall = now.wall;
    group.retries.wait(verdict.seq, entry, now.steady);
    desk_.save_retry(group, verdict.seq);
    park_if_behind_parked(desk_, group, verdict.seq, entry, now);
  } else if (verdict.kind == Verdict::Kind::retry) {
    fail_attempt(desk_, group, verdict.seq, entry, std::move(attempt), verdict.delay, now);
  } else {
    park_entry(desk_, group, verdict.seq, entry, reason, std::move(attempt), now);
  }
  // Settled by its entry: it holds the floor back no longer. Both are in one commit.
  if (group.ledger.settle(verdict.seq)) desk_.ledger_changed(group, now);
  return true;
}

}  // namespace mesh::core
