#include <algorithm>

#include <mesh/core/publisher/fetching.hpp>

namespace mesh::core {
namespace {

/// What retention took of (after, through] before it was settled.
std::optional<SeqRange> expired_in(const Session& session, const Desk& desk, Seq through) {
  const Seq after = session.fetch.after;
  SeqRange range;
  if (session.group == nullptr) {
    range = {after + 1, std::min(desk.dropped_through, through)};
  } else {
    const SeqRange& unheard = session.group->value.unheard;
    range = {std::max(unheard.first, after + 1), std::min(unheard.last, through)};
  }
  if (range.empty() || range.last <= after) return std::nullopt;
  return range;
}

}  // namespace

void Fetching::on_fetch(const Route& route, const Fetch& fetch, Now now) {
  Session* session = attachment_.renew(route, fetch.session, fetch.id, now);
  if (session == nullptr) return;
  if (session->group != nullptr) {
    const bool in_time = fetch.epoch >= session->since && fetch.epoch <= session->epoch;
    if (!in_time || fetch.slots == 0 || (fetch.slots & ~session->slots) != 0) {
      return desk_.refuse(route, fetch.id, session->id, Errc::stale,
                          "the slots are not the session's (any more)");
    }
    handover_.heard_epoch(*session, fetch.epoch, now);
  }
  FetchState& state = session->fetch;
  if (fetch.id < state.id || (fetch.id == state.id && state.open)) return;
  if (Group* group = session->group;
      group != nullptr && !group->value.unheard.empty() && fetch.after >= group->value.unheard.last) {
    // It was told in the answer before this, or it had these events by the live path.
    group->value.unheard = SeqRange{};
    desk_.save_value(*group);
  }
  ++desk_.counters.fetches;
  session->given = std::max(session->given, fetch.after);
  state.open = true;
  state.id = fetch.id;
  state.epoch = fetch.epoch;
  state.slots = fetch.slots;
  state.after = state.covered = fetch.after;
  state.upto = fetch.upto;
  state.credit = std::clamp<std::size_t>(fetch.credit, desk_.settings.fetch_credit_min, credit_max);
  state.wait = fetch.wait;
  state.deadline = now.steady + wait;
  resume(*session);
  proceed(*session, now);
}

void Fetching::pause(Session& session) {
  waiting_.insert(session.id);
  agenda_.set(session.id, session.fetch.deadline);
}

void Fetching::resume(Session& session) {
  waiting_.erase(session.id);
  agenda_.set(session.id, std::nullopt);
}

void Fetching::proceed(Session& session, Now now) {
  FetchState& state = session.fetch;
  if (!state.open || state.read != 0) return;
  const Group* group = session.group;
  const bool isolating =
      group != nullptr && group->isolation.active && (group->isolation.slots & state.slots) != 0;
  const Seq upto = state.upto != 0 ? std::min(state.upto, desk_.head) : desk_.head;
  const bool full = group != nullptr && group->retries.size() >= desk_.settings.waiting_max;
  const bool late = now.steady >= state.deadline;
  if (isolating || full) {
    if (full) {
      desk_.notice_rarely(
          Level::warning, "retries.full",
          "group " + group->name + " has its maximum of retries and gets no new events until it drains", now);
    }
    // A member that asks for one thing at a time reports on the suspects only once it is answered.
    if (late || state.hurried) return answer(session, {}, state.covered, now);
    return pause(session);
  }
  if (state.covered >= upto) {
    if (state.wait && !late && upto == desk_.head && state.upto <= desk_.head &&
        !expired_in(session, desk_, desk_.head))
      return pause(session);
    // After a power loss a member may be beyond the head, with some of its slots or all: what it has had is
    // lost here, and covers nothing less.
    const Seq beyond = state.upto > desk_.head ? std::min(state.upto, desk_.skipped_through) : 0;
    return answer(session, {}, std::max({upto, state.covered, beyond}), now);
  }
  resume(session);
  ReadJob job = job_of(session, state.covered, upto);
  state.read_for = state.id;
  if (auto ahead = ahead_.take(session, job)) {
    state.read = ahead->job;
    if (ahead->result) take(session, std::move(*ahead->result), now);
    return;
  }
  state.read = desk_.ask(std::move(job), ReadToFetch{session.id});
}

ReadJob Fetching::job_of(const Session& session, Seq after, Seq upto) const {
  const Group* group = session.group;
  ReadJob job;
  job.kind = ReadJob::Kind::range;
  job.after = after;
  job.upto = upto;
  job.credit = session.fetch.credit;
  job.prefixes = group != nullptr ? group->value.prefixes : session.prefixes;
  if (group != nullptr) job.settled = group->ledger.view(session.fetch.slots);
  return job;
}

void Fetching::on_read(const ReadToFetch& reason, ReadResult result, Now now) {
  Session* session = desk_.sessions.find(reason.session);
  if (session == nullptr) return;
  if (session->fetch.read != result.id) return ahead_.arrived(session->id, std::move(result));
  take(*session, std::move(result), now);
}

void Fetching::take(Session& session, ReadResult result, Now now) {
  FetchState& state = session.fetch;
  state.read = 0;
  if (!state.open) return;
  if (state.read_for != state.id) return proceed(session, now);  // a newer request has taken its place
  const Seq through = std::max(result.through, state.covered);
  if (result.error) {
    desk_.notice_rarely(Level::error, "journal.read_failed", result.error->describe(), now);
    if (result.batches.empty() && through == state.covered && state.covered == state.after) {
      state.open = false;
      return desk_.refuse(session.route, state.id, session.id, result.error->code, result.error->text);
    }
    return answer(session, std::move(result.batches), through, now);
  }
  const bool nothing = result.batches.empty() && !expired_in(session, desk_, through);
  if (nothing && state.wait && now.steady < state.deadline) {
    state.covered = through;
    return proceed(session, now);
  }
  std::size_t bytes = 0;
  for (const Batch& batch : result.batches) bytes += batch.size();
  answer(session, std::move(result.batches), through, now);
  // It asked for all there is, and got what its credit was enough for: so it goes on.
  if (state.upto == 0 && through < desk_.head && bytes >= state.credit / 2)
    ahead_.begin(session, job_of(session, through, desk_.head), now);
}

void Fetching::answer(Session& session, std::vector<Batch> batches, Seq through, Now now) {
  resume(session);
  FetchState& state = session.fetch;
  state.open = state.hurried = false;
  Events events;
  events.session = session.id;
  events.id = state.id;
  events.epoch = state.epoch;
  events.slots = state.slots;
  events.after = state.after;
  events.through = through;
  session.given = std::max(session.given, through);
  session.answered = true;
  events.head = desk_.head;
  if (Group* group = session.group; through == state.after && group != nullptr && group->isolation.active &&
                                    group->isolation.keeper == session.id) {
    // It has not caught up, whatever the head is: on the live stream its end would tell nothing of the
    // suspects.
    events.head = std::max(events.head, through + 1);
  }
  if (Group* group = session.group; group != nullptr) {
    events.redelivered_through = group->value.marks.highest_floor(state.slots);
    group->fetched.add(session.member, state.slots, events.after, through, now.wall);
  }
  events.expired = expired_in(session, desk_, through);
  for (const Batch& batch : batches) desk_.counters.fetched += batch.header.count;
  events.batches = std::move(batches);
  desk_.send(session.route, std::move(events));
}

void Fetching::on_committed(Now now) {
  const std::set<SessionId> waiting = waiting_;
  for (const SessionId id : waiting) {
    if (Session* session = desk_.sessions.find(id)) {
      proceed(*session, now);
    } else {
      waiting_.erase(id);
    }
  }
}

std::optional<Duration> Fetching::next_deadline() const {
  const auto waiting = agenda_.next();
  const auto ahead = ahead_.next_deadline();
  return waiting && ahead ? std::min(*waiting, *ahead) : waiting ? waiting : ahead;
}

void Fetching::on_time(Now now) {
  ahead_.on_time(now);
  while (const auto id = agenda_.pop(now.steady)) {
    waiting_.erase(*id);
    if (Session* session = desk_.sessions.find(*id)) proceed(*session, now);
  }
}

}  // namespace mesh::core
