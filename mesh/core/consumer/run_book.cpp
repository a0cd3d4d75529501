#include <algorithm>

#include <mesh/core/consumer/run_book.hpp>

namespace mesh::core {
namespace {

std::string seconds(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace

RunId RunBook::begin(std::span<const Delivery> deliveries, Now now) {
  seen(now);
  auto free = std::find_if(runs_.begin(), runs_.end(), [](const Active& run) { return run.id == 0; });
  if (free == runs_.end()) free = runs_.emplace(runs_.end());
  free->id = ++last_id_;
  free->index = 0;
  free->since = now.steady;
  free->lane = lane_of(deliveries.front());
  free->tickets.clear();
  for (const auto& delivery : deliveries) {
    free->tickets.push_back({delivery.link, delivery.generation, delivery.attempt, delivery.redrives,
                             delivery.counted, false, delivery.event.slot,
                             with_keys_ ? key_id(delivery.event.key) : 0, delivery.event.seq,
                             delivery.covers_to, delivery.slots, delivery.event.record.size()});
  }
  ++running_;
  return free->id;
}

void RunBook::progress(RunId id, std::size_t index, Now now) {
  seen(now);
  auto* run = find(id);
  if (!run || index >= run->tickets.size()) return;
  run->index = index;
  run->since = now.steady;
}

std::optional<std::pair<LinkId, Seq>> RunBook::extend(RunId id, Now now) {
  seen(now);
  auto* run = find(id);
  if (run == nullptr) return std::nullopt;
  run->since = now.steady;
  const Ticket& ticket = run->tickets[run->index];
  return std::pair(ticket.link, ticket.seq);
}

void RunBook::shorten(RunId id, std::size_t count) {
  if (auto* run = find(id); run && count > 0 && count < run->tickets.size()) {
    run->tickets.resize(count);
    run->index = std::min(run->index, count - 1);
  }
}

std::optional<LaneId> RunBook::finish(RunId id, std::span<const Dispatcher::Outcome> outcomes,
                                      std::vector<Completion>& out) {
  auto* run = find(id);
  if (!run) return std::nullopt;
  const auto begin = out.size();
  for (std::size_t i = 0; i < run->tickets.size(); ++i) {
    const auto& ticket = run->tickets[i];
    const auto* outcome = i < outcomes.size() ? &outcomes[i] : nullptr;
    if (!outcome || outcome->kind == Completion::Kind::ack) {
      add_ack(ticket, outcome ? outcome->took : Duration{0}, out.size() > begin, out);
      continue;
    }
    if (ticket.expired) continue;  // that it failed was reported when it ran out of time
    auto& completion = out.emplace_back(completion_of(ticket));
    completion.kind = outcome->kind;
    completion.reason = outcome->reason;
    completion.text = outcome->text;
    completion.delay = outcome->delay;
    completion.took = outcome->took;
  }
  run->id = 0;
  --running_;
  return run->lane;
}

void RunBook::expire(Now now, std::vector<Completion>& out) {
  seen(now);
  for (auto& run : runs_) {
    if (run.id == 0) continue;
    auto& ticket = run.tickets[run.index];
    if (ticket.expired || now.steady - run.since < ack_wait_) continue;
    ticket.expired = true;
    auto& completion = out.emplace_back(completion_of(ticket));
    completion.kind = Completion::Kind::retry;
    completion.reason = Reason::ack_timeout;
    completion.text = "no verdict within " + seconds(ack_wait_);
    completion.took = now.steady - run.since;
  }
}

std::optional<Duration> RunBook::next_deadline() const {
  std::optional<Duration> next;
  for (const auto& run : runs_) {
    if (run.id == 0 || run.tickets[run.index].expired) continue;
    const auto at = std::min(run.since + ack_wait_, seen_ + look_every);
    if (!next || at < *next) next = at;
  }
  return next;
}

bool RunBook::handles(LinkId link, Seq seq) const {
  return std::any_of(runs_.begin(), runs_.end(), [&](const Active& run) {
    return run.id != 0 && run.tickets[run.index].link == link && run.tickets[run.index].seq == seq;
  });
}

SlotMask RunBook::slots(LinkId link) const {
  SlotMask slots = 0;
  for (const auto& run : runs_) {
    if (run.id == 0) continue;
    for (const auto& ticket : run.tickets) {
      if (ticket.link == link) slots |= SlotMask{1} << (ticket.slot % slot_count);
    }
  }
  return slots;
}

RunBook::Active* RunBook::find(RunId id) {
  if (id == 0) return nullptr;
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&](const Active& run) { return run.id == id; });
  return found == runs_.end() ? nullptr : &*found;
}

Completion RunBook::completion_of(const Ticket& ticket) {
  Completion completion;
  completion.link = ticket.link;
  completion.generation = ticket.generation;
  completion.seq = ticket.seq;
  completion.covers_to = ticket.covers_to;
  completion.slots = ticket.slots;
  completion.slot = ticket.slot;
  completion.key = ticket.key;
  completion.attempt = ticket.attempt;
  completion.redrives = ticket.redrives;
  completion.counted = ticket.counted;
  completion.bytes = ticket.bytes;
  return completion;
}

void RunBook::add_ack(const Ticket& ticket, Duration took, bool merge, std::vector<Completion>& out) {
  if (merge && !ticket.expired && !ticket.counted) {
    auto& before = out.back();
    const bool joins = before.kind == Completion::Kind::ack && !before.late && !before.counted &&
                       before.link == ticket.link && before.generation == ticket.generation &&
                       before.slots == ticket.slots && before.covers_to + 1 == ticket.seq;
    if (joins) {
      before.covers_to = ticket.covers_to;
      before.took += took;
      before.bytes += ticket.bytes;
      ++before.events;
      return;
    }
  }
  auto& completion = out.emplace_back(completion_of(ticket));
  completion.took = took;
  completion.late = ticket.expired;
}

void RunBook::seen(Now now) {
  const auto pause = now.steady - seen_;
  if (running_ > 0 && pause > stood_still) {
    for (auto& run : runs_) run.since += pause;
  }
  seen_ = std::max(seen_, now.steady);
}

}  // namespace mesh::core
