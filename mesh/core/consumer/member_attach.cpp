#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

void MemberCore::State::attach(Now now, Duration delay) {
  phase = Phase::attaching;
  session = 0;
  if (fetch_id != 0) fetch_lost();
  fetch_id = 0;
  fetches_unanswered = 0;
  detach_first_id = 0;
  detaches_unanswered = 0;
  hellos_unanswered = 0;
  for (const auto timer : {Timer::fetch_answer, Timer::fetch_retry, Timer::ack, Timer::life, Timer::lease,
                           Timer::probe, Timer::release, Timer::detach}) {
    timers.clear(timer);
  }
  hello_id = ++last_id;
  asked.clear();
  // A publisher that takes us in and turns us out at once is not asked more often than this.
  if (last_attach && now.steady - *last_attach < attach_spacing) delay = std::max(delay, attach_pause);
  last_attach = now.steady;
  if (delay > Duration{0}) {
    timers.set(Timer::hello, now.steady + delay);
  } else {
    send_hello(now);
  }
}

void MemberCore::State::send_hello(Now now) {
  Hello hello;
  hello.id = hello_id;
  hello.group = settings.group;
  hello.member = settings.member;
  hello.instance = settings.instance;
  hello.prefixes = settings.prefixes;
  hello.start = settings.start;
  hello.policy = settings.policy;
  if (watching()) {
    // Nobody keeps a watcher's place but itself.
    if (assigned) hello.start = Start{Start::Kind::seq, merge.position() + 1, 0};
  } else if (assigned) {
    hello.resume = Resume{epoch, mine(), settlement.ledgers(all_slots, ranges_per_farewell), held.list()};
  }
  ask(std::move(hello), now);
  auto wait = settings.request_timeout;
  for (unsigned i = 0; i < hellos_unanswered && wait < hello_interval_max; ++i) wait *= 2;
  timers.set(Timer::hello,
             now.steady + std::min(wait, std::max(hello_interval_max, settings.request_timeout)));
}

void MemberCore::State::hello_unanswered(Now now) {
  if (phase != Phase::attaching) return;
  // The first time this may be the delayed first Hello, or the one after a refusal: no harm in counting it.
  ++hellos_unanswered;
  const bool done = (settlement.events_in_hand() == 0 && draining == 0) || closing == Closing::abandoning;
  if (closing != Closing::no && done && hellos_unanswered >= close_tries) {
    notice(Level::warning, "detach.unanswered",
           "left without an answer: what was settled last may come again");
    return leave();
  }
  if (hellos_unanswered % hello_reconnect == 0) {
    out.reconnect_control = true;
    reconnect_events = true;
    timers.set(Timer::hello, now.steady + reconnect_pause);
    return;
  }
  send_hello(now);
}

void MemberCore::State::on_welcome(Welcome& welcome, Now now) {
  if (phase != Phase::attaching || welcome.id != hello_id || welcome.session == 0) return;
  const bool same = origin && *origin == welcome.origin;
  if (watching() && origin && !same && assigned) {
    // Asked to go on after a seq of another journal: ask again, from the start that was wanted.
    meet(welcome);
    assigned = false;
    return attach(now);
  }
  meet(welcome);
  session = welcome.session;
  timers.clear(Timer::hello);
  timers.clear(Timer::reach);
  hellos_unanswered = 0;
  last_error.reset();
  lease = welcome.lease > Duration{0} ? std::max(welcome.lease, lease_min) : lease_default;
  answered(welcome.id);
  const bool again = assigned && same;
  const bool resumed = again && (watching() || welcome.resumed);
  epoch = welcome.epoch;
  epoch_first_id = last_id + 1;
  head = welcome.head;
  phase = Phase::catching_up;
  at_head = false;
  if (resumed) {
    head = std::max(head, merge.position());
    join_at = std::min(join_at, head);  // a power loss may have taken the rest
    resumed_slots = mine();
    releases.clear();  // the Resume has said it
    blocked.add(welcome.blocked);
    if (!watching()) {
      change_slots(welcome.slots, welcome.release, welcome.position, std::move(welcome.settled),
                   welcome.redelivered_through);
    }
  } else {
    assign(watching() ? all_slots : welcome.slots, watching() ? 0 : welcome.release, welcome.position,
           std::move(welcome.settled), welcome.redelivered_through);
    blocked.begin(welcome.blocked);
  }
  if (closing == Closing::no) tell_attached(resumed, now);
  heard_from_publisher(now);
  timers.set(Timer::life, now.steady + lease / 3);
  if (closing != Closing::no) return;
  if (events_endpoint != welcome.events) {
    events_endpoint = welcome.events;
    reconnect_events = true;
  }
  if (reconnect_events) connect_events(now);
  if (verdicts.size() > 0 || settlement.dirty()) report_soon(now, Duration{0});
}

void MemberCore::State::tell_attached(bool resumed, Now now) {
  const auto where = std::string(resumed ? ", going on" : "") + " at seq " +
                     std::to_string(merge.position()) + " of " + std::to_string(head);
  notice(Level::info, "link.attached", "attached to " + name + where);
  if (!std::exchange(silence_told, false)) return;
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now.steady - heard);
  notice(Level::info, "link.restored",
         name + " answers after " + std::to_string(silent.count()) + " s of silence: attached" + where);
}

void MemberCore::State::meet(const Welcome& welcome) {
  if (origin && *origin != welcome.origin) {
    notice(Level::error, "origin.replaced",
           "the journal of " + welcome.name + " is another one than before (" + origin->hex() + " became " +
               welcome.origin.hex() + "): everything starts over with it");
    merge.drop_held();
    foreign_noticed = false;
  } else if (origin && incarnation != welcome.incarnation) {
    notice(Level::warning, "publisher.incarnation",
           welcome.name + " goes on in incarnation " + std::to_string(welcome.incarnation) +
               ": its machine stopped before its newest events were on disk");
    merge.drop_held();
  }
  origin = welcome.origin;
  incarnation = welcome.incarnation;
  name = welcome.name;
}

void MemberCore::State::on_grant(Grant& grant, Now now) {
  if (!attached() || grant.session != session || watching()) return;
  heard_from_publisher(now);
  if (grant.epoch <= epoch) return;  // came twice
  epoch = grant.epoch;
  epoch_first_id = last_id + 1;
  head = std::max(head, grant.head);
  const SlotMask before = slots;
  change_slots(grant.slots, grant.release, grant.position, std::move(grant.settled),
               grant.redelivered_through);
  blocked.gain(slots & ~before, grant.blocked);
  report_soon(now, Duration{0});  // that it was heard
}

void MemberCore::State::on_refused(const Refused& refused, Now now) {
  const bool to_hello = phase == Phase::attaching && refused.id == hello_id;
  const bool to_session = attached() && refused.session == session;
  const bool to_fetch = to_session && fetch_id != 0 && refused.id == fetch_id;
  if (!to_hello && !to_session) return;
  if (to_session && refused.code == Errc::unknown_session) return attach(now);
  if (to_session && refused.code == Errc::stale && refused.id >= epoch_first_id) return attach(now);
  if (to_session) heard_from_publisher(now);
  const Error error{refused.code, refused.text};
  const bool known = last_error && last_error->code == error.code && last_error->text == error.text;
  if (!known) {
    const bool damaged = error.code == Errc::journal_damaged;
    notice(Level::error, damaged ? "journal.damaged" : "link.refused", name + ": " + error.describe());
  }
  last_error = error;
  if (to_hello) {
    hellos_unanswered = 0;
    timers.clear(Timer::reach);
    heard = now.steady;
    timers.set(Timer::hello, now.steady + refused_retry);
  }
  if (to_fetch) fetch_failed(now, refused_retry);
}

void MemberCore::State::connect_events(Now now) {
  if (!settings.use_live || events_endpoint.empty()) return;
  out.connect_events = events_endpoint;
  reconnect_events = false;
  live_heard = false;
  probe_delay = 50ms;
  silence_now =
      silence_now == Duration{0} ? settings.silence : std::min(silence_now * 2, settings.silence * 8);
  timers.set(Timer::silence, now.steady + silence_now);
}

void MemberCore::State::not_reached(Now now) {
  if (closing != Closing::no) return;
  silence_told = true;
  const auto tried = std::chrono::duration_cast<std::chrono::seconds>(now.steady - heard);
  notice(Level::warning, "link.unreached",
         "nothing answers at " + settings.endpoint + ", asked for " + std::to_string(tried.count()) +
             " s: asking on; is a publisher running there?");
}

void MemberCore::State::lose_control(Now now) {
  silence_told = true;
  notice(Level::warning, "link.lost", name + " has not answered for its whole lease: connecting again");
  out.control.clear();
  out.reconnect_control = true;
  reconnect_events = true;
  attach(now, reconnect_pause);
}

void MemberCore::State::heard_from_publisher(Now now) {
  heard = now.steady;
  if (attached()) timers.set(Timer::lease, now.steady + lease + lease / 3);
}

}  // namespace mesh::core
