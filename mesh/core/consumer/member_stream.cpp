#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

void MemberCore::State::fetch_if_wanted(Now now) {
  if (phase != Phase::catching_up || fetch_id != 0 || slots == 0) return;
  if (timers.active(Timer::fetch_retry) || full()) return;
  Fetch fetch;
  fetch.session = session;
  fetch.id = fetch_id = ++last_id;
  fetch.epoch = fetch_epoch = epoch;
  if (lags.empty()) {
    fetch.after = merge.position();
    fetch.slots = slots;
    fetch.wait = !live_usable() && at_head;
  } else {
    fetch.after = lags.front().position;
    fetch.upto = lags.size() > 1 ? lags[1].position : merge.position();
    fetch.slots = lags.front().slots;
  }
  fetch_after = fetch.after;
  fetch_upto = fetch.upto;
  fetch_slots = fetch.slots;
  fetch_asked = now.steady;
  fetch.credit = settings.fetch_credit;
  // The publisher keeps a waiting fetch for about a second.
  auto patience = settings.request_timeout + (fetch.wait ? Duration{2s} : Duration{0});
  // A slow disk must be given the time it takes: an answer to an older fetch is of no use.
  for (unsigned i = 0; i < fetches_unanswered && patience < fetch_interval_max; ++i) patience *= 2;
  timers.set(Timer::fetch_answer, now.steady + patience);
  ask(fetch, now);
}

void MemberCore::State::fetch_failed(Now now, Duration retry) {
  if (fetch_id == 0) return;
  fetch_id = 0;
  timers.clear(Timer::fetch_answer);
  if (retry > Duration{0}) timers.set(Timer::fetch_retry, now.steady + retry);
  ++fetches_unanswered;
  fetch_lost();
}

void MemberCore::State::fetch_lost() {
  if (heard < fetch_asked) return;  // it answers nothing at all, which its lease will tell
  if (++fetches_lost != fetches_lost_told) return;
  notice(Level::warning, "fetch.unanswered",
         name + " answers, but not when events are asked for: its disk may be slow, or its events larger " +
             "than this consumer's event_size_max, which ends the connection");
}

void MemberCore::State::on_events(Events& events, Now now) {
  if (!attached() || events.session != session) return;
  heard_from_publisher(now);
  answered(events.id);
  if (closing != Closing::no || fetch_id == 0) return;
  if (events.id != fetch_id || events.epoch != fetch_epoch || events.after != fetch_after) return;
  fetch_id = 0;
  timers.clear(Timer::fetch_answer);
  const auto before = merge.position();
  const bool lag = fetch_upto != 0;
  const bool odd = events.through < events.after || events.through == ~Seq{0} ||
                   (lag && events.through > fetch_upto) || (fetch_slots & slots & ~events.slots) != 0;
  if (odd || !take_fetched(events, lag)) {
    undecodable("an answer to a fetch");
    timers.set(Timer::fetch_retry, now.steady + settings.request_timeout);
    return;
  }
  fetches_unanswered = fetches_lost = 0;
  if (!lag && events.through == events.after && events.through < events.head) {
    // It holds something back (section 9, suspects): not even what connects may come by the live stream.
    at_head = false;
    return;
  }
  head = std::max(head, std::max(events.head, events.through));
  if (!lag) at_head = events.through >= events.head;
  // It has nothing of what lags behind, now or ever: not at once again.
  if (lag && events.through == events.after) timers.set(Timer::fetch_retry, now.steady + 10ms);
  if (deaf && !lag && events.head - std::min(events.head, events.through) <= events.through - events.after) {
    // One more answer will reach the head, and what comes from now on is held until then.
    listen_again(now);
    at_head = false;
  }
  if (!live_usable() || !lags.empty() || merge.position() < join_at) return;
  advance_live(now);
  if (phase == Phase::catching_up && at_head && merge.position() == before && !lag) {
    // What is held asks for more than the publisher has just answered: it will know in a moment.
    timers.set(Timer::fetch_retry, now.steady + 10ms);
  }
}

void MemberCore::State::count_expired(const Events& events) {
  if (!events.expired) return;
  SeqRange range = *events.expired;
  range.first = std::max(range.first, events.after + 1);
  range.last = std::min(range.last, events.through);
  if (range.empty()) return;
  counters.expired += range.last - range.first + 1;
  notice(Level::warning, "event.expired",
         "retention at " + name + " dropped seqs " + std::to_string(range.first) + " to " +
             std::to_string(range.last) + " before this group had settled them");
}

void MemberCore::State::on_live(LiveMessage& message, Now now) {
  if (closing != Closing::no || !live_usable() || !of_this_publisher(message, now) || deaf) return;
  heard_live(now);
  head = std::max(head, message.batch ? message.last : message.head);
  if (!prefixes.find(message.prefix)) return;
  if (out_of_touch(now)) {
    // It may be another member's by now, and nobody would know that both had it.
    at_head = false;
    return catch_up();
  }
  if (!message.batch) {
    if (phase != Phase::live) return;
    const auto step = merge.holding() ? LiveMerge::Step::lost : LiveMerge::Step::nothing;
    const auto before = merge.position();
    // The heartbeat comes after all that was sent: a batch that is still incomplete stays so.
    if (step == LiveMerge::Step::lost || merge.heartbeat(message) == LiveMerge::Step::lost) {
      ++counters.gaps;
      at_head = false;
      notice(Level::debug, "live.gap", "the newest events of " + name + " were lost: fetching them");
      return catch_up();
    }
    settlement.add(slots, {before + 1, merge.position()});
    return;
  }
  const auto& header = message.batch->header;
  if (message.first > message.last || header.first < message.first || header.last > message.last ||
      message.last == ~Seq{0}) {
    return undecodable("a live message whose batch is not what it says");
  }
  if (phase == Phase::live && full()) return demote();
  // While nothing is fetched, what comes now will have been overtaken long before it fits.
  if (phase == Phase::catching_up && full()) {
    at_head = false;
    return stop_listening();
  }
  if (!merge.hold(std::move(message))) {
    ++counters.demotions;
    at_head = false;
    if (phase == Phase::live) catch_up();
    return stop_listening();
  }
  if (phase == Phase::live) advance_live(now);
}

bool MemberCore::State::of_this_publisher(const LiveMessage& message, Now now) {
  if (!origin) return false;
  if (message.origin != *origin) {
    if (!foreign_noticed) {
      notice(Level::warning, "origin.foreign",
             "the live stream of " + name + " carries events of origin " + message.origin.hex() +
                 ": they are ignored");
    }
    foreign_noticed = true;
    return false;
  }
  // The publisher has been restarted: what it says counts once it was asked.
  if (message.incarnation > incarnation && attached()) attach(now);
  return message.incarnation == incarnation;
}

void MemberCore::State::heard_live(Now now) {
  live_heard = true;
  silence_now = settings.silence;
  timers.clear(Timer::probe);
  timers.set(Timer::silence, now.steady + silence_now);
}

void MemberCore::State::advance_live(Now now) {
  const bool was_live = phase == Phase::live;
  for (;;) {
    const auto step = merge.next(parts);
    counters.duplicates += merge.take_duplicates();
    switch (step) {
      case LiveMerge::Step::batch:
        if (!take_live(parts)) {
          at_head = false;
          return catch_up();
        }
        at_head = true;
        went_live(now);
        if (full() && merge.holding()) return demote();
        break;
      case LiveMerge::Step::nothing:
      case LiveMerge::Step::waiting:
        if (at_head) went_live(now);
        return;
      case LiveMerge::Step::lost:
        if (was_live) {
          ++counters.gaps;
          at_head = false;
          notice(Level::debug, "live.gap",
                 "the live stream of " + name + " has a gap after seq " + std::to_string(merge.position()) +
                     ": fetching it");
        }
        return catch_up();
      case LiveMerge::Step::unknown:
        return catch_up();
    }
  }
}

void MemberCore::State::went_live(Now now) {
  if (phase == Phase::live) return;
  phase = Phase::live;
  fetch_id = 0;
  timers.clear(Timer::fetch_answer);
  // Until the subscription has taken effect nothing comes, and nothing says so: look again, less and less
  // often; later the silence timer does.
  if (!live_heard && probe_delay < settings.silence) {
    timers.set(Timer::probe, now.steady + probe_delay);
    probe_delay *= 2;
  }
}

void MemberCore::State::catch_up() {
  if (phase == Phase::live) phase = Phase::catching_up;
  timers.clear(Timer::probe);
}

void MemberCore::State::demote() {
  ++counters.demotions;
  merge.drop_held();
  at_head = false;
  catch_up();
  stop_listening();
}

// Every event would come twice, once for nothing: that is a third of what catching up costs both sides.
void MemberCore::State::stop_listening() {
  if (deaf || out.connect_events) return;
  deaf = true;
  out.listen = false;
  merge.drop_held();
  timers.clear(Timer::silence);
  timers.clear(Timer::probe);
}

void MemberCore::State::listen_again(Now now) {
  deaf = false;
  out.listen = true;
  live_heard = false;
  probe_delay = 50ms;
  timers.set(Timer::silence, now.steady + silence_now);
}

bool MemberCore::State::full() {
  const auto above = [&](std::size_t part, std::size_t whole) {
    const auto limit = [&](std::size_t bound) { return std::max<std::size_t>(1, bound / whole * part); };
    const auto events = limit(settings.window_events);
    const auto bytes = limit(settings.window_bytes);
    return settlement.events_in_hand() >= events || settlement.bytes_in_hand() >= bytes ||
           queued_events >= events || queued_bytes >= bytes || verdicts.size() >= verdicts_open_max;
  };
  // Once full, a quarter has to be free again: else catching up would begin anew for every few events.
  stalled = stalled ? above(3, 4) : above(1, 1);
  return stalled;
}

// A window that is full for a moment is no reason to give the live stream up: what comes meanwhile waits in
// the sockets. Not for long, since who does not read the stream does not read its signs of life either.
bool MemberCore::State::live_waits(Now now) {
  if (phase != Phase::live || closing != Closing::no || !full()) {
    waits_since.reset();
    return false;
  }
  if (!waits_since) waits_since = now.steady;
  return now.steady - *waits_since < live_wait_max;
}

}  // namespace mesh::core
