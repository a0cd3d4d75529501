#include <algorithm>

#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/commanding.hpp>
#include <mesh/core/publisher/fetching.hpp>
#include <mesh/core/publisher/group_lease.hpp>
#include <mesh/core/publisher/isolation.hpp>
#include <mesh/core/publisher/key_order.hpp>
#include <mesh/core/publisher/live_router.hpp>
#include <mesh/core/publisher/operating.hpp>
#include <mesh/core/publisher/parking.hpp>
#include <mesh/core/publisher/redelivery.hpp>
#include <mesh/core/publisher/restore.hpp>
#include <mesh/core/publisher/retention_plan.hpp>
#include <mesh/core/publisher/settling.hpp>
#include <mesh/core/publisher/slot_load.hpp>

namespace mesh::core {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;  // clang before 17 does not find it by itself

LiveSettings live_settings(const PublisherSettings& settings, const Identity& identity) {
  return {identity.origin, identity.incarnation, settings.heartbeat_tail, settings.heartbeat_idle};
}

}  // namespace

struct PublisherCore::State {
  State(PublisherSettings settings, const Identity& identity)
      : desk(std::move(settings), identity),
        live(live_settings(desk.settings, identity)),
        handover(desk),
        attachment(desk, handover),
        fetching(desk, attachment, handover),
        settling(desk, attachment, handover),
        redelivery(desk),
        isolating(desk),
        parking(desk),
        operating(desk),
        leasing(desk),
        commanding(desk, leasing),
        keeping(desk),
        sampling(desk) {}

  void begin(Now now);
  void end(Now now);
  void flush_due(Group& group, Now now);
  void count_live();
  void dispatch(const Route& route, ControlMessage& message, Now now);
  std::optional<Duration> next_deadline() const;

  Desk desk;
  LiveRouter live;
  Handover handover;
  Attachment attachment;
  Fetching fetching;
  Settling settling;
  Redelivery redelivery;
  Isolating isolating;
  Parking parking;
  Operating operating;
  Leasing leasing;
  Commanding commanding;
  Keeping keeping;
  Sampling sampling;
  bool commits_fail = false;      // the newest one of events did
  std::optional<Duration> last_;  // the time of the last input
};

// Every input begins and ends here. A process that was stopped (or a clock that jumped) must not take the
// silence for its members': when it is called long after the time it wanted to be, what passed does not
// count.
void PublisherCore::State::begin(Now now) {
  const Duration before = last_.value_or(now.steady);
  last_ = std::max(before, now.steady);
  const Duration patience = desk.settings.lease / 2;
  if (now.steady - before <= patience) return;
  const Duration wanted = std::max(before, next_deadline().value_or(now.steady));
  if (now.steady - wanted <= patience) return;
  attachment.shift(now.steady - before);
  leasing.shift(now.steady - before);
}

// Groups that something happened to get their turn; doing it may touch others.
void PublisherCore::State::end(Now now) {
  while (!desk.touched.empty()) {
    const std::uint64_t serial = *desk.touched.begin();
    desk.touched.erase(desk.touched.begin());
    Group& group = *desk.by_serial.at(serial);
    flush_due(group, now);
    handover.pump(group, now);
    isolating.pump(group, now);
    if (group.unbalanced) handover.balance(group, now);
    redelivery.pump(group, now);
    parking.pump(group, now);
    if (leasing.pump(group, now)) keeping.on_needs(now);
    tell_unblocked(desk, group);
    desk.touched.erase(serial);
    std::optional<Duration> next;
    const auto sooner = [&](std::optional<Duration> when) {
      if (when) next = std::min(next.value_or(*when), *when);
    };
    if (group.ledger_dirty && group.flush_at > now.steady) sooner(group.flush_at);
    sooner(handover.next_deadline(group));
    sooner(redelivery.next_deadline(group));
    sooner(parking.next_deadline(group));
    sooner(leasing.next_deadline(group));
    desk.agenda.set(serial, next);
  }
  if (std::exchange(desk.fetches_held, false)) fetching.on_committed(now);
}

void PublisherCore::State::flush_due(Group& group, Now now) {
  if (!group.ledger_dirty || now.steady < group.flush_at) return;
  desk.save(group);
  keeping.on_settled(now);
}

void PublisherCore::State::count_live() {
  const LiveCounters& counters = live.counters();
  desk.counters.sent = counters.sent;
  desk.counters.unsent = counters.unsent;
  desk.counters.live_messages = counters.live_messages;
  desk.counters.heartbeats = counters.heartbeats;
}

void PublisherCore::State::dispatch(const Route& route, ControlMessage& message, Now now) {
  std::visit(Overloaded{
                 [&](Hello& hello) { attachment.on_hello(route, std::move(hello), now); },
                 [&](Fetch& fetch) { fetching.on_fetch(route, fetch, now); },
                 [&](Ack& ack) { settling.on_ack(route, std::move(ack), now); },
                 [&](Release& release) { settling.on_release(route, std::move(release), now); },
                 [&](Detach& detach) { settling.on_detach(route, std::move(detach), now); },
                 [&](InfoRequest& request) { operating.on_info(route, request, now); },
                 [&](GroupsRequest& request) { operating.on_groups(route, request, now); },
                 [&](ParkedListRequest& request) { operating.on_parked_list(route, request); },
                 [&](ParkedCommand& command) { operating.on_parked_command(route, command, now); },
                 [&](GroupCommand& command) {
                   commanding.on_command(route, command, now);
                   keeping.on_needs(now);
                 },
                 [&](auto&) {
                   desk.refuse(route, 0, 0, Errc::protocol,
                               "this message goes from a publisher to a member, not back");
                 },
             },
             message);
}

std::optional<Duration> PublisherCore::State::next_deadline() const {
  std::optional<Duration> next;
  for (const auto& when :
       {desk.agenda.next(), live.next_deadline(), attachment.next_deadline(), fetching.next_deadline()}) {
    if (when) next = std::min(next.value_or(*when), *when);
  }
  return next;
}

PublisherCore::PublisherCore(PublisherSettings settings, const Identity& identity)
    : state_(std::make_unique<State>(std::move(settings), identity)) {}

PublisherCore::~PublisherCore() = default;

Result<void> PublisherCore::restore(const Journal& journal, std::span<const GroupDeclaration> declared,
                                    Now now) {
  state_->begin(now);
  if (auto restored = restore_desk(state_->desk, journal, declared, now); !restored) return restored;
  state_->keeping.on_usage(state_->desk.usage, state_->desk.dropped_through, now);
  state_->end(now);
  return {};
}

void PublisherCore::on_subscription(std::string_view prefix, bool active, Now now) {
  state_->begin(now);
  if (auto done = state_->live.subscribe(prefix, active, state_->desk.head, now); !done && active) {
    state_->desk.notice_rarely(Level::warning, "subscription.refused", done.error().describe(), now);
  }
  state_->end(now);
}

void PublisherCore::on_committed(std::span<const Batch> batches, Now now) {
  state_->begin(now);
  Desk& desk = state_->desk;
  if (std::exchange(state_->commits_fail, false))
    desk.notice_rarely(Level::info, "commit.resumed", "events are committed again", now);
  for (const Batch& batch : batches) {
    desk.counters.committed += batch.header.count;
    desk.counters.committed_bytes += batch.size();
    desk.head = std::max(desk.head, batch.header.last);
    if (auto routed = state_->live.route(batch, now, desk.out.live); !routed) {
      desk.notice_rarely(Level::error, "live.undecodable", routed.error().describe(), now);
    }
    state_->sampling.on_committed(batch, now);
  }
  state_->count_live();
  state_->fetching.on_committed(now);
  state_->end(now);
}

void PublisherCore::on_control(const Route& route, ControlMessage message, Now now) {
  state_->begin(now);
  state_->dispatch(route, message, now);
  state_->end(now);
}

void PublisherCore::on_read(ReadResult result, Now now) {
  state_->begin(now);
  const auto it = state_->desk.reads.find(result.id);
  if (it == state_->desk.reads.end()) return;
  ReadReason reason = std::move(it->second);
  state_->desk.reads.erase(it);
  std::visit(Overloaded{
                 [&](ReadToAttach& why) { state_->attachment.located(std::move(why), result, now); },
                 [&](ReadToFetch& why) { state_->fetching.on_read(why, std::move(result), now); },
                 [&](ReadToRedeliver& why) { state_->redelivery.on_read(why, result, now); },
                 [&](ReadToIsolate& why) { state_->isolating.on_read(why, result, now); },
                 [&](ReadToPark& why) { state_->parking.on_read(why, result, now); },
                 [&](ReadToList& why) { state_->operating.on_listed(why, result); },
                 [&](ReadToRedrive& why) { state_->operating.on_redriven(std::move(why), result, now); },
                 [&](ReadToRewind& why) { state_->commanding.located(why, result, now); },
                 [&](ReadToTellAges& why) { state_->operating.on_ages(std::move(why), result, now); },
             },
             reason);
  state_->end(now);
}

void PublisherCore::on_usage(const JournalUsage& usage, Seq dropped_through, Now now) {
  state_->begin(now);
  state_->keeping.on_usage(usage, dropped_through, now);
  state_->end(now);
}

void PublisherCore::on_time(Now now) {
  state_->begin(now);
  state_->live.beat(state_->desk.head, now, state_->desk.out.live);
  state_->count_live();
  state_->attachment.on_time(now);
  state_->fetching.on_time(now);
  while (const auto serial = state_->desk.agenda.pop(now.steady)) state_->desk.touched.insert(*serial);
  state_->end(now);
}

void PublisherCore::on_commit_failed(const Error& error, Now now) {
  state_->commits_fail = true;
  state_->desk.notice_rarely(
      Level::error, "commit.failed",
      "events cannot be committed, and whoever published them is told so: " + error.describe(), now);
}

void PublisherCore::on_state_failed(const Error& error, Now now) {
  state_->desk.notice_rarely(
      Level::error, "state.write_failed",
      "groups' state cannot be written, so nothing is sent until it can: " + error.describe(), now);
  state_->operating.on_state_failed(error);
  // What was to be sent with that commit was not: it is sent again once the state can be written.
  for (auto& [name, group] : state_->desk.groups) {
    const std::set<Seq> flying = group->retries.flying();
    for (const Seq seq : flying) {
      RetryEntry& entry = *group->retries.find(seq);
      if (entry.sent_in + 1 != state_->desk.batch_of_effects) continue;
      group->retries.wait(seq, entry, now.steady);
      state_->desk.save_retry(*group, seq);
      state_->desk.touch(*group);
    }
  }
}

void PublisherCore::on_close(Now now) {
  state_->begin(now);
  for (auto& [name, group] : state_->desk.groups) state_->desk.save(*group);
  state_->end(now);
}

void PublisherCore::take_effects(PublisherEffects& effects) {
  state_->desk.take(effects);
}

std::optional<Duration> PublisherCore::next_deadline() const {
  return state_->next_deadline();
}

Seq PublisherCore::head() const {
  return state_->desk.head;
}

bool PublisherCore::full() const {
  return state_->keeping.full();
}

bool PublisherCore::settled(Seq seq) const {
  return std::all_of(state_->desk.groups.begin(), state_->desk.groups.end(), [&](const auto& entry) {
    return lapsed(*entry.second) || settled_through(*entry.second, seq);
  });
}

const PublisherCounters& PublisherCore::counters() const {
  return state_->desk.counters;
}

std::vector<GroupStatus> PublisherCore::groups(Now now) const {
  return state_->operating.statuses(now);
}

}  // namespace mesh::core
