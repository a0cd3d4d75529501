// What handlers see and what their processes report: order, marks, one at a time, nothing acknowledged early.
#include "checker.hpp"

namespace sim {

namespace {

/// A shorter stop cannot be told from a slow handler.
constexpr Duration noticed_stop = 1s;

}  // namespace

using Kind = mesh::core::Completion::Kind;

void Checker::process_began(ProcessId process, GroupIndex group) {
  auto& one = processes_[process];
  one.group = group;
  one.alive = true;
  one.acked_floor.assign(logs_.size(), {});
  one.rewound.assign(logs_.size(), false);
  one.told.assign(logs_.size(), 0);
  one.gone.assign(logs_.size(), false);
  one.vague.assign(logs_.size(), false);
  one.fenced.assign(logs_.size(), false);
  one.session.assign(logs_.size(), 0);
  one.asked.assign(logs_.size(), false);
  one.lost.assign(logs_.size(), false);
  one.heard.assign(logs_.size(), world_.now());
}

void Checker::process_ended(ProcessId process, Ended how) {
  auto& one = processes_[process];
  one.alive = false;
  if (one.group >= scenario_.groups.size()) return;
  for (PublisherIndex publisher = 0; publisher < logs_.size(); ++publisher) {
    // A Welcome that was lost on its way, or is held back, makes a session that nobody detaches.
    if (how == Ended::left && one.session[publisher] == 0 && !one.asked[publisher]) continue;
    forgive_repeats(publisher, one.group, process, mesh::all_slots);
  }
  for (const auto& handling : one.running) {
    auto& entry = logs_[handling.publisher].groups[one.group].entries[handling.index];
    --entry.running;
    entry.may_repeat = true;
  }
  one.running.clear();
  one.outcomes.clear();
}

void Checker::handling_began(ProcessId process, PublisherIndex publisher,
                             const mesh::core::Delivery& delivery) {
  auto& one = processes_[process];
  auto& log = logs_[publisher];
  const auto found = log.find(delivery.event.seq);
  if (!found) {
    broken("nothing is invented",
           "handled seq " + std::to_string(delivery.event.seq) + ", which was never committed");
  }
  const auto index = *found;
  if (!story_.matches(log.events[index].number, delivery.event)) {
    broken("bodies match", "a handler got seq " + std::to_string(delivery.event.seq) + " changed");
  }
  ++tally.handlings;
  if (one.group >= scenario_.groups.size()) return;  // a watcher
  auto& group = log.groups[one.group];
  auto& entry = group.entries[index];
  if (!wanted(group, log, index)) {
    broken("a group gets what it asked for", name_of(publisher, one.group, index));
  }
  const bool out = out_of_touch(one, publisher);
  if (out) {
    // It may not know yet that its lease is over. What it handles now is marked for the next owner, who is
    // held to that; it is no repetition of the event's own making.
    if (group.holders[log.events[index].slot] != process) entry.may_repeat = true;
  } else {
    if (group.holders[log.events[index].slot] != process) {
      broken("a slot has one owner",
             "process " + std::to_string(process) +
                 " handles an event of a slot that is not its own: " + name_of(publisher, one.group, index));
    }
    check_alone(process, publisher, index);
    if (scenario_.groups[one.group].policy.order == mesh::Order::key) {
      check_key_order(publisher, one.group, index);
    }
    if (entry.started == 0) {
      check_first_handling(publisher, one.group, index);
    } else {
      check_repeated_handling(publisher, one.group, index, delivery);
    }
    entry.may_repeat = entry.put_back = false;
  }
  if (entry.acked > 0) ++tally.duplicates;
  entry.cut_short = out;  // the publisher has taken it back, and knows nothing of this
  if (delivery.redrives > entry.redrives) entry.attempt = 0;
  entry.redrives = std::max(entry.redrives, delivery.redrives);
  if (delivery.counted) entry.attempt = std::max(entry.attempt, delivery.attempt);
  ++entry.started;
  ++entry.running;
  entry.process = process;
  one.running.push_back({.publisher = publisher,
                         .index = index,
                         .attempt = delivery.attempt,
                         .since = world_.now(),
                         .fenced = out});
}

void Checker::check_first_handling(PublisherIndex publisher, GroupIndex group, std::size_t index) {
  const auto& log = logs_[publisher];
  const auto& one = log.groups[group];
  for (auto before = one.entries[index].key_before; before != Entry::none;) {
    const auto at = static_cast<std::size_t>(before);
    const auto& entry = one.entries[at];
    if (!wanted(one, log, at)) return;
    if (entry.started > 0) return;
    // One that was charged with a crash before its handler began has had its turn: the others may pass it.
    const auto& event = log.events[at];
    if (!event.lost && !event.dropped && !entry.expired && !entry.parked && !entry.discarded &&
        !(one.entries[index].kept && entry.renewed) && entry.history == 0) {
      broken("order per key",
             name_of(publisher, group, index) + " is handled before " + name_of(publisher, group, at));
    }
    before = entry.key_before;
  }
}

// All before it of its key have been handled, or let go by being parked, when it is handled at first. (Once
// it was, only a rewind gives those before it out again, and these are not waited for.) A parked event that
// holds up its key holds it up until it is none any more.
void Checker::check_key_order(PublisherIndex publisher, GroupIndex group, std::size_t index) {
  const auto& log = logs_[publisher];
  const auto& one = log.groups[group];
  const bool parks_keys = scenario_.groups[group].policy.on_park == mesh::OnPark::park_key;
  const bool again = one.entries[index].started > 0;
  for (auto before = one.entries[index].key_before; before != Entry::none;) {
    const auto at = static_cast<std::size_t>(before);
    const auto& entry = one.entries[at];
    const auto& event = log.events[at];
    if (!wanted(one, log, at)) return;
    const bool gone = event.lost || event.dropped || entry.expired || entry.discarded;
    const bool kept = one.entries[index].kept && entry.renewed;
    const bool over = again || kept || entry.handled || (entry.let_go && !parks_keys);
    if (!gone && (!over || (parks_keys && entry.parked))) {
      broken("retries before their successors", name_of(publisher, group, index) + " is handled while " +
                                                    name_of(publisher, group, at) +
                                                    (entry.parked ? " is parked" : " is not through"));
    }
    before = entry.key_before;
  }
}

void Checker::check_repeated_handling(PublisherIndex publisher, GroupIndex group, std::size_t index,
                                      const mesh::core::Delivery& delivery) {
  const auto& entry = logs_[publisher].groups[group].entries[index];
  const auto told = " (attempt " + std::to_string(delivery.attempt) + " redrives " +
                    std::to_string(delivery.redrives) + (delivery.counted ? " counted" : "") +
                    (delivery.redelivered ? " redelivered)" : ")");
  const bool redriven = delivery.redrives > entry.redrives;
  if (delivery.attempt == 1 && !delivery.redelivered && delivery.redrives == 0 && !entry.put_back) {
    broken("repetitions are marked", name_of(publisher, group, index) + told);
  }
  // A process may come back after the publisher has taken what was in its hands for suspect.
  const bool suspected = entry.cut_short && delivery.counted;
  if (!entry.may_repeat && !suspected)
    broken("no repetition without a reason", name_of(publisher, group, index) + told);
  if (entry.failed >= scenario_.groups[group].policy.attempts_max && !redriven) {
    broken("parked after attempts_max failures", name_of(publisher, group, index) + told);
  }
  const auto lowest = entry.attempt + (entry.cut_short ? 0 : 1);
  if (delivery.counted && !redriven && (delivery.redrives < entry.redrives || delivery.attempt < lowest)) {
    broken("attempt numbers ascend", name_of(publisher, group, index) + told);
  }
  if (!delivery.counted && delivery.attempt != 1) {
    broken("attempt numbers ascend",
           "uncounted, but not the first: " + name_of(publisher, group, index) + told);
  }
}

void Checker::check_alone(ProcessId process, PublisherIndex publisher, std::size_t index) {
  const auto group = processes_[process].group;
  const auto& log = logs_[publisher];
  const auto& key = story_.event(log.events[index].number).key;
  for (const auto& [id, other] : processes_) {
    if (!other.alive || other.group != group || other.running.empty()) continue;
    if (id != process && other.fenced[publisher]) continue;
    for (const auto& handling : other.running) {
      // One that had begun when the slots were lost cannot be called back; the next owner need not wait for
      // it. Within one process order holds even then.
      if (handling.publisher != publisher || (handling.fenced && id != process)) continue;
      const bool same_key = key && story_.event(log.events[handling.index].number).key == key;
      // A handler that hangs does not keep an event without a key from being tried again.
      const bool same_event = handling.index == index && !handling.over;
      if (same_event || same_key) {
        broken("one at a time per key",
               name_of(publisher, group, index) + " beside " + name_of(publisher, group, handling.index));
      }
    }
  }
}

void Checker::handling_extended(ProcessId process, PublisherIndex publisher, mesh::Seq seq) {
  for (auto& handling : processes_[process].running) {
    if (handling.publisher == publisher && logs_[publisher].events[handling.index].seq == seq) {
      handling.since = world_.now();
    }
  }
}

void Checker::handling_returned(ProcessId process, PublisherIndex publisher,
                                const mesh::core::Delivery& delivery, Kind kind) {
  auto& one = processes_[process];
  auto& log = logs_[publisher];
  const auto index = *log.find(delivery.event.seq);
  if (one.group >= scenario_.groups.size()) return;
  auto& entry = log.groups[one.group].entries[index];
  const auto handling = std::find_if(one.running.begin(), one.running.end(), [&](const Handling& each) {
    return each.publisher == publisher && each.index == index && each.attempt == delivery.attempt;
  });
  const bool overran =
      handling->over || world_.now() - handling->since >= scenario_.groups[one.group].policy.ack_wait;
  const bool told = handling->over;
  const bool abandoned = handling->abandoned;
  // The next attempt of it may have failed too while this handler was at it, and not have been reported yet.
  const auto next = handling->over_for.second + 1;
  const bool next_overran =
      told && world_.now() - handling->over_at >= scenario_.groups[one.group].policy.ack_wait;
  one.running.erase(handling);
  --entry.running;
  auto& outcomes = one.outcomes[{publisher, delivery.event.seq}];
  if (overran && !told) outcomes.emplace_back(delivery.attempt, Outcome::overran);
  if (next_overran) outcomes.emplace_back(next, Outcome::overran);
  if (overran || abandoned || kind == Kind::retry) entry.may_repeat = true;
  const bool failed = kind == Kind::retry || kind == Kind::park;
  if (next_overran || (!told && (overran || failed))) ++entry.failures;
  switch (kind) {
    case Kind::ack:
      ++entry.acked;
      entry.handled = true;
      outcomes.emplace_back(delivery.attempt, Outcome::acked);
      break;
    case Kind::retry:
      outcomes.emplace_back(delivery.attempt, Outcome::retried);
      break;
    case Kind::park:
      entry.park_asked = true;
      outcomes.emplace_back(delivery.attempt, Outcome::parked);
      break;
    case Kind::behind:
      entry.put_back = entry.may_repeat = entry.cut_short = true;
      outcomes.emplace_back(delivery.attempt, Outcome::put_back);
      break;
  }
}

void Checker::process_stopped(ProcessId process, Duration time) {
  if (time <= noticed_stop) return;
  for (auto& handling : processes_[process].running) handling.since += time;
}

void Checker::reported(ProcessId process, PublisherIndex publisher, const mesh::ControlMessage& message) {
  ++tally.control_messages;
  auto& one = processes_[process];
  if (one.group >= scenario_.groups.size()) return;
  if (const auto* ack = std::get_if<mesh::Ack>(&message)) {
    check_ledgers(process, publisher, ack->settled);
    for (const auto& verdict : ack->verdicts) check_verdict(process, publisher, verdict);
  } else if (const auto* detach = std::get_if<mesh::Detach>(&message)) {
    check_ledgers(process, publisher, detach->settled);
    for (const auto& verdict : detach->verdicts) check_verdict(process, publisher, verdict);
    detaching(process, publisher, detach->untouched);
  } else if (const auto* hello = std::get_if<mesh::Hello>(&message)) {
    // Slots that a Resume does not name are the publisher's to give, as released ones are.
    check_let_go(process, publisher, hello->resume ? ~hello->resume->slots : mesh::all_slots);
    if (!hello->resume) return;
    one.acked_floor[publisher].fill(0);
    check_ledgers(process, publisher, hello->resume->settled);
  } else if (const auto* release = std::get_if<mesh::Release>(&message)) {
    check_ledgers(process, publisher, release->settled);
    check_let_go(process, publisher, release->slots);
  }
}

void Checker::check_ledgers(ProcessId process, PublisherIndex publisher,
                            const std::vector<mesh::SlotLedger>& ledgers) {
  auto& one = processes_[process];
  auto& floors = one.acked_floor[publisher];
  for (const auto& ledger : ledgers) {
    mesh::Seq from = ledger.floor;
    for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
      if ((ledger.slots >> slot & 1) == 0) continue;
      from = std::min(from, floors[slot]);
      floors[slot] = std::max(floors[slot], ledger.floor);
    }
    check_settled(publisher, one.group, ledger, from, process, "a member");
  }
}

void Checker::check_let_go(ProcessId process, PublisherIndex publisher, mesh::SlotMask slots) {
  const auto& one = processes_[process];
  for (const auto& handling : one.running) {
    if (handling.publisher != publisher || handling.fenced) continue;
    if ((slots >> logs_[publisher].events[handling.index].slot & 1) == 0) continue;
    broken("a slot has one owner",
           "let go of while its handler runs: " + name_of(publisher, one.group, handling.index));
  }
}

void Checker::detaching(ProcessId process, PublisherIndex publisher, bool untouched) {
  auto& one = processes_[process];
  auto& entries = logs_[publisher].groups[one.group].entries;
  for (auto& entry : entries) {
    if (entry.sent_to == process && entry.flying) entry.cut_short = true;
  }
  // What is unsettled then may be repeated, and has to be marked: also what has been handled in a run that is
  // not over, whose outcomes nobody has reported.
  if (!untouched) forgive_repeats(publisher, one.group, process, mesh::all_slots);
  for (auto& handling : one.running) {
    if (handling.publisher != publisher || untouched) continue;
    handling.abandoned = entries[handling.index].may_repeat = true;
    // Its application would not wait for it any longer, and its thread cannot be ended: nobody can promise
    // that it is over before the slot's next owner begins. What begins later in this process is not excused.
    handling.fenced = true;
  }
}

void Checker::check_settled(PublisherIndex publisher, GroupIndex group, const mesh::SlotLedger& settled,
                            mesh::Seq from, ProcessId process, const char* who) {
  if (settled.floor > from)
    check_range(publisher, group, {from + 1, settled.floor}, settled.slots, process, who);
  for (const auto& range : settled.above) check_range(publisher, group, range, settled.slots, process, who);
}

void Checker::check_range(PublisherIndex publisher, GroupIndex group, mesh::SeqRange range,
                          mesh::SlotMask slots, ProcessId process, const char* who) {
  const auto& log = logs_[publisher];
  const auto& one = log.groups[group];
  for (auto index = log.after(range.first - 1); index < log.events.size(); ++index) {
    const auto& event = log.events[index];
    if (event.seq > range.last) break;
    if ((slots >> event.slot & 1) == 0 || event.lost || !wanted(one, log, index)) continue;
    const auto& entry = one.entries[index];
    if (entry.settled_before && processes_.at(process).rewound[publisher]) continue;
    const bool settled = entry.in_retry || entry.parked || entry.discarded || entry.expired;
    const bool running_here = entry.running > 0 && entry.process == process && !settled;
    if (!accounted(entry) || (running_here && entry.acked == 0)) {
      broken("nothing is acknowledged before its handler returned",
             std::string(who) + " reports as settled " + name_of(publisher, group, index));
    }
  }
}

void Checker::check_verdict(ProcessId process, PublisherIndex publisher, const mesh::Verdict& verdict) {
  auto& one = processes_[process];
  const auto index = logs_[publisher].find(verdict.seq);
  if (!index) broken("nothing is invented", "a verdict about seq " + std::to_string(verdict.seq));
  if (verdict.kind == mesh::Verdict::Kind::behind) {
    if (scenario_.groups[one.group].policy.order == mesh::Order::key) return;
    const auto& outcomes = one.outcomes[{publisher, verdict.seq}];
    const auto wanted = std::pair(verdict.attempt, Outcome::put_back);
    if (std::find(outcomes.begin(), outcomes.end(), wanted) != outcomes.end()) return;
    broken("a poison event hurts only itself",
           "held back without an order: " + name_of(publisher, one.group, *index));
  }
  auto& outcomes = one.outcomes[{publisher, verdict.seq}];
  const auto had = [&](Outcome outcome) {
    return std::find(outcomes.begin(), outcomes.end(), std::pair(verdict.attempt, outcome)) != outcomes.end();
  };
  const bool timeout =
      verdict.kind == mesh::Verdict::Kind::retry && verdict.reason == mesh::Reason::ack_timeout;
  auto& entry = logs_[publisher].groups[one.group].entries[*index];
  if (timeout) {
    for (auto& handling : one.running) {
      if (handling.publisher != publisher || handling.index != *index) continue;
      // A redelivery of an event that is still with a handler fails as that one did, after an ack_wait of its
      // own.
      const auto named = std::pair(verdict.redrives, verdict.attempt);
      if (handling.over && named <= handling.over_for) continue;
      if (verdict.redrives == 0 && verdict.attempt < handling.attempt) continue;
      const auto since = handling.over ? handling.over_at : handling.since;
      if (world_.now() - since < scenario_.groups[one.group].policy.ack_wait) continue;
      handling.over = true;
      handling.over_at = world_.now();
      handling.over_for = named;
      entry.may_repeat = true;
      ++entry.failures;
      outcomes.emplace_back(verdict.attempt, Outcome::overran);
    }
  }
  const Outcome needed = timeout                                      ? Outcome::overran
                         : verdict.kind == mesh::Verdict::Kind::ack   ? Outcome::acked
                         : verdict.kind == mesh::Verdict::Kind::retry ? Outcome::retried
                                                                      : Outcome::parked;
  if (!had(needed)) {
    broken("nothing is acknowledged before its handler returned",
           "a verdict (kind " + std::to_string(static_cast<int>(verdict.kind)) + " attempt " +
               std::to_string(verdict.attempt) +
               ") without such an outcome: " + name_of(publisher, one.group, *index));
  }
}

}  // namespace sim
