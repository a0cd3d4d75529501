// What the publisher says: only committed events, whole ranges, attempts journaled before they are sent.
#include "checker.hpp"

namespace sim {

namespace {

/// The session a member's request belongs to; nothing: a Hello, which asks for one.
std::optional<mesh::SessionId> session_of(const mesh::ControlMessage& message) {
  if (const auto* fetch = std::get_if<mesh::Fetch>(&message)) return fetch->session;
  if (const auto* ack = std::get_if<mesh::Ack>(&message)) return ack->session;
  if (const auto* detach = std::get_if<mesh::Detach>(&message)) return detach->session;
  if (const auto* release = std::get_if<mesh::Release>(&message)) return release->session;
  return std::nullopt;
}

}  // namespace

void Checker::sent_live(PublisherIndex publisher, const mesh::LiveMessage& message) {
  ++tally.live_messages;
  if (!message.batch) return;
  check_batch(publisher, *message.batch, "a live message");
  largest_message_ = std::max(largest_message_, views_.size());
  for (const auto& view : views_) {
    if (!view.topic.starts_with(message.prefix)) {
      broken("live messages carry their prefix",
             "topic " + std::string(view.topic) + " under '" + message.prefix + "'");
    }
  }
}

void Checker::sent(PublisherIndex publisher, ProcessId to, const mesh::ControlMessage& message) {
  ++tally.control_messages;
  if (const auto* events = std::get_if<mesh::Events>(&message)) {
    std::size_t count = 0;
    for (const auto& batch : events->batches) {
      check_batch(publisher, batch, "a fetch reply");
      count += views_.size();
    }
    largest_message_ = std::max(largest_message_, count);
    check_coverage(publisher, to, *events);
  } else if (const auto* deliver = std::get_if<mesh::Deliver>(&message)) {
    check_redeliveries(publisher, to, *deliver);
  } else if (const auto* welcome = std::get_if<mesh::Welcome>(&message)) {
    if (const auto process = processes_.find(to); process != processes_.end()) {
      process->second.session[publisher] = welcome->session;
      process->second.lost[publisher] = false;
      process->second.gone[publisher] = false;
      process->second.vague[publisher] = false;
    }
    answered_release(publisher, to, welcome->slots);
    given_slots(publisher, to, welcome->slots & ~welcome->release, welcome->epoch);
    taken_back(publisher, to, ~welcome->slots);
  } else if (const auto* acked = std::get_if<mesh::Acked>(&message)) {
    const auto process = processes_.find(to);
    // What was said by an older session is answered as stale, and keeps no lease.
    if (acked->stale || process == processes_.end() || !process->second.vague[publisher]) return;
    process->second.vague[publisher] = false;
    process->second.heard[publisher] = world_.now();
  } else if (std::holds_alternative<mesh::Detached>(message)) {
    if (const auto process = processes_.find(to); process != processes_.end()) {
      process->second.session[publisher] = 0;
      process->second.asked[publisher] = false;
      answered_release(publisher, to, mesh::all_slots);
    }
  } else if (const auto* released = std::get_if<mesh::Released>(&message)) {
    answered_release(publisher, to, released->slots);
  } else if (const auto* grant = std::get_if<mesh::Grant>(&message)) {
    // Said again under the same epoch, it names what it named the first time, or less: slots are given under
    // a new epoch only. Some of them may have been released since, in this very turn, so it gives nothing.
    const auto process = processes_.find(to);
    if (process == processes_.end() || grant->epoch <= process->second.told[publisher]) return;
    given_slots(publisher, to, grant->slots & ~grant->release, grant->epoch);
    // Of a session whose Welcome could not be said (the disk was full): what it had before is not its own any
    // more, as if it had been.
    if (process->second.session[publisher] != grant->session) taken_back(publisher, to, ~grant->slots);
  }
}

void Checker::check_coverage(PublisherIndex publisher, ProcessId to, const mesh::Events& events) {
  const auto process = processes_.find(to);
  if (process == processes_.end() || process->second.group >= scenario_.groups.size()) return;
  auto& log = logs_[publisher];
  const auto& group = log.groups[process->second.group];
  std::vector<mesh::Seq> sent;
  for (const auto& batch : events.batches) {
    if (mesh::decode_events(batch.view(), views_)) {
      for (const auto& view : views_) sent.push_back(view.seq);
    }
  }
  for (auto index = log.after(events.after); index < log.events.size(); ++index) {
    const auto& event = log.events[index];
    if (event.seq > events.through) break;
    const auto& entry = group.entries[index];
    if (!wanted(group, log, index) || event.lost || event.dropped || accounted(entry)) continue;
    if (group.holders[event.slot] != to || (events.slots >> event.slot & 1) == 0) continue;
    if (!std::binary_search(sent.begin(), sent.end(), event.seq)) {
      broken("a fetch covers what it says", "(" + std::to_string(events.after) + ", " +
                                                std::to_string(events.through) + "] without " +
                                                name_of(publisher, process->second.group, index));
    }
  }
}

void Checker::check_redeliveries(PublisherIndex publisher, ProcessId to, const mesh::Deliver& deliver) {
  auto& log = logs_[publisher];
  std::vector<mesh::Seq> records;
  for (const auto& batch : deliver.batches) {
    check_batch(publisher, batch, "a redelivery");
    for (const auto& view : views_) records.push_back(view.seq);
  }
  if (records.size() != deliver.items.size()) broken("redeliveries are whole", "items and records differ");
  const auto process = processes_.find(to);
  if (process == processes_.end() || process->second.group >= scenario_.groups.size()) return;
  const auto group = process->second.group;
  // Also where the Welcome was lost: the publisher takes the session for begun.
  if (process->second.session[publisher] != deliver.session) {
    process->second.session[publisher] = deliver.session;
    process->second.lost[publisher] = false;
  }
  for (std::size_t item = 0; item < records.size(); ++item) {
    if (deliver.items[item].seq != records[item])
      broken("redeliveries are whole", "an item has another's record");
    const auto index = log.find(records[item]);
    auto& entry = log.groups[group].entries[*index];
    if (!entry.in_retry) {
      broken("attempts are journaled before they are sent", name_of(publisher, group, *index));
    }
    entry.sent_to = to;
    // Sent to a process that is gone: the publisher will find that it vanished with this in hand.
    if (!process->second.alive) entry.chargeable = true;
  }
}

// A Welcome tells all that the process has: the rest it had is not its own any more. What it had of the rest
// without settling it comes again, marked, as after any end of an assignment.
void Checker::taken_back(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots) {
  const auto found = processes_.find(process);
  if (found == processes_.end() || found->second.group >= scenario_.groups.size()) return;
  auto& holders = logs_[publisher].groups[found->second.group].holders;
  mesh::SlotMask taken = 0;
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    if ((slots >> slot & 1) == 0 || holders[slot] != process) continue;
    holders[slot] = 0;
    taken |= mesh::SlotMask{1} << slot;
  }
  if (taken != 0) forgive_repeats(publisher, found->second.group, process, taken);
}

// A Hello that was read then has made a session whose Welcome nobody gets: what its process goes on saying of
// the older session is refused, and keeps no lease. Whether that is so shows when something is answered.
void Checker::unsaid(PublisherIndex publisher) {
  for (auto& [id, process] : processes_) process.vague[publisher] = true;
  unwritten_[publisher] = true;
}

void Checker::given_slots(PublisherIndex publisher, ProcessId to, mesh::SlotMask slots, mesh::Epoch epoch) {
  const auto process = processes_.find(to);
  if (process == processes_.end() || process->second.group >= scenario_.groups.size()) return;
  const auto group = process->second.group;
  // A turn reads all before it sends, so a Grant may follow the Detach of its process: nobody has these
  // slots.
  if (process->second.gone[publisher]) return;
  process->second.told[publisher] = epoch;
  auto& one = logs_[publisher].groups[group];
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    if ((slots >> slot & 1) == 0) continue;
    if (one.released_by[slot] == to && (one.releasing >> slot & 1) != 0)
      continue;  // said just before its answer
    const auto before = std::exchange(one.holders[slot], to);
    const auto bit = mesh::SlotMask{1} << slot;
    const bool loose = (std::exchange(one.loose, one.loose & ~bit) & bit) != 0;
    if (before == to) continue;  // told anew: it works on it from here on
    one.held_since[slot] = epoch;
    ++tally.moves;
    // A Release that was read while nothing could be written is void after a crash, with all that it settled.
    const auto unanswered = std::exchange(one.released_by[slot], ProcessId{0});
    if (before == 0 && unanswered != 0) forgive_repeats(publisher, group, unanswered, bit);
    if (before == 0) continue;
    auto& old = processes_[before];
    if (old.alive && !loose && !out_of_touch(old, publisher)) {
      broken("a slot has one owner", "publisher " + std::to_string(publisher) + " group " +
                                         scenario_.groups[group].name + " slot " + std::to_string(slot) +
                                         " is given to process " + std::to_string(to) + " while process " +
                                         std::to_string(before) + " has it");
    }
    forgive_repeats(publisher, group, before, mesh::SlotMask{1} << slot);
  }
}

// It has said Hello without them: it does not work on them (any more), which is as good as a Release. That
// nothing of them was with a handler is checked where the Hello is sent.
void Checker::loosen(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots) {
  const auto group = processes_[process].group;
  if (group >= scenario_.groups.size()) return;
  auto& one = logs_[publisher].groups[group];
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    const auto bit = mesh::SlotMask{1} << slot;
    if (one.holders[slot] == process) one.loose = (one.loose & ~bit) | (slots & bit);
  }
}

// The publisher has read it. A late copy does not speak of what was given since then.
void Checker::released(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots, mesh::Epoch epoch) {
  const auto group = processes_[process].group;
  if (group >= scenario_.groups.size()) return;
  auto& one = logs_[publisher].groups[group];
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    const bool named = (slots >> slot & 1) != 0 && one.holders[slot] == process;
    if (!named || one.held_since[slot] > epoch) continue;
    one.holders[slot] = 0;
    one.released_by[slot] = process;
    one.releasing |= mesh::SlotMask{1} << slot;
  }
}

void Checker::answered_release(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots) {
  const auto found = processes_.find(process);
  if (found == processes_.end() || found->second.group >= scenario_.groups.size()) return;
  auto& one = logs_[publisher].groups[found->second.group];
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    if ((slots >> slot & 1) == 0 || one.released_by[slot] != process) continue;
    one.released_by[slot] = 0;
    one.releasing &= ~(mesh::SlotMask{1} << slot);
  }
}

void Checker::forgive_repeats(PublisherIndex publisher, GroupIndex group, ProcessId process,
                              mesh::SlotMask slots) {
  auto& log = logs_[publisher];
  auto& one = log.groups[group];
  for (std::size_t index = 0; index < one.entries.size(); ++index) {
    auto& entry = one.entries[index];
    if ((slots >> log.events[index].slot & 1) == 0) continue;
    const bool unsettled = log.events[index].seq > one.floor_durable || entry.in_retry;
    if (entry.process == process && unsettled) entry.may_repeat = true;
    if (entry.sent_to == process && entry.in_retry) entry.may_repeat = entry.cut_short = true;
  }
  charge_crash(publisher, group, process);
}

void Checker::heard(PublisherIndex publisher, ProcessId process, const mesh::ControlMessage& message) {
  const auto found = processes_.find(process);
  if (found == processes_.end() || !found->second.alive) return;
  if (std::holds_alternative<mesh::Hello>(message)) found->second.asked[publisher] = true;
  // What belongs to no session is refused, and says nothing to the publisher.
  const auto session = session_of(message);
  if (session && (*session == 0 || *session != found->second.session[publisher])) return;
  out_of_touch(found->second, publisher);
  if (!session || !found->second.vague[publisher]) found->second.heard[publisher] = world_.now();
  if (const auto* release = std::get_if<mesh::Release>(&message)) {
    released(publisher, process, release->slots, release->epoch);
  } else if (std::holds_alternative<mesh::Detach>(message)) {
    released(publisher, process, mesh::all_slots, ~mesh::Epoch{0});
    found->second.gone[publisher] = true;
  } else if (const auto* hello = std::get_if<mesh::Hello>(&message)) {
    loosen(publisher, process, hello->resume ? ~hello->resume->slots : mesh::all_slots);
    if (!hello->resume) return;
    for (const auto& held : hello->resume->held)
      claims_[publisher].push_back({found->second.group, held.seq, process});
  }
}

void Checker::admitted(ProcessId process, PublisherIndex publisher) {
  auto& one = processes_[process];
  out_of_touch(one, publisher);
  // A Welcome that lay about until its lease had run out admits nobody.
  if (!one.lost[publisher]) one.fenced[publisher] = false;
}

bool Checker::out_of_touch(Process& process, PublisherIndex publisher) {
  if (!process.lost[publisher] && world_.now() - process.heard[publisher] >= scenario_.lease) {
    process.fenced[publisher] = process.lost[publisher] = true;
    for (auto& handling : process.running) {
      if (handling.publisher == publisher) handling.fenced = true;
    }
    // Its lease may have run out with redeliveries in hand: they may be charged.
    for (auto& [id, one] : processes_) {
      if (&one == &process) lost_touch(publisher, id);
    }
  }
  return process.fenced[publisher];
}

void Checker::lost_touch(PublisherIndex publisher, ProcessId process) {
  const auto group = processes_[process].group;
  if (group >= scenario_.groups.size()) return;
  for (auto& entry : logs_[publisher].groups[group].entries) {
    if (entry.sent_to == process && entry.in_retry) entry.may_repeat = entry.cut_short = true;
  }
  // Its slots may be given to others from now on, even though what tells them so is lost and it comes back,
  // and detaches, before they hear of it.
  const auto& holders = logs_[publisher].groups[group].holders;
  mesh::SlotMask held = 0;
  for (unsigned slot = 0; slot < mesh::slot_count; ++slot) {
    if (holders[slot] == process) held |= mesh::SlotMask{1} << slot;
  }
  forgive_repeats(publisher, group, process, held);
}

// What was in the hands of a process that is gone may be charged with that, unless others were being handled
// beside it: then nobody knows which it was.
void Checker::charge_crash(PublisherIndex publisher, GroupIndex group, ProcessId process) {
  auto& entries = logs_[publisher].groups[group].entries;
  for (auto& entry : entries) {
    if (entry.sent_to != process || !entry.flying) continue;
    const auto& running = processes_[process].running;
    entry.chargeable = std::none_of(running.begin(), running.end(), [&](const Handling& handling) {
      return handling.publisher == publisher && !handling.over && &entries[handling.index] != &entry;
    });
  }
}

}  // namespace sim
