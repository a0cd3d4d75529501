#include <mesh/core/consumer/member_core.hpp>

#include <iterator>
#include <utility>

#include <mesh/core/consumer/member_state.hpp>

namespace mesh::core {

MemberCore::State::State(MemberSettings given)
    : settings(std::move(given)), prefixes(settings.prefixes), merge(prefixes, settings.hold_bytes) {}

void MemberCore::State::observe(Now now) {
  if (seen && now.steady - *seen > pause_max) timers.shift(now.steady - *seen);
  if (!seen || now.steady > *seen) seen = now.steady;
}

void MemberCore::State::follow_up(Now now) {
  if (out.connect_events) {  // which subscribes
    deaf = false;
    out.listen.reset();
  }
  if (!attached()) return;
  if (settlement.dirty()) report_soon(now, settings.ack_interval);
  if (closing == Closing::no) {
    release_if_drained(now);
    fetch_if_wanted(now);
  } else {
    detach_if_drained(now);
  }
}

void MemberCore::State::answered(std::uint64_t id) {
  while (!asked.empty() && asked.front().first <= id) {
    // It was heard not before it was sent.
    if (asked.front().first == id) in_touch_until = std::max(in_touch_until, asked.front().second + lease);
    asked.pop_front();
  }
}

void MemberCore::State::notice(Level level, std::string_view code, std::string text) {
  out.notices.push_back({level, code, std::move(text)});
}

MemberCore::MemberCore(MemberSettings settings) : state_(std::make_unique<State>(std::move(settings))) {}

MemberCore::~MemberCore() = default;

void MemberCore::on_start(Now now) {
  if (state_->seen) return;
  state_->observe(now);
  if (state_->phase == Phase::left) return;
  state_->heard = now.steady;
  state_->timers.set(Timer::reach, now.steady + reach_max);
  state_->attach(now);
}

void MemberCore::on_control(ControlMessage message, Now now) {
  auto& state = *state_;
  state.observe(now);
  if (state.phase == Phase::left) return;
  if (auto* events = std::get_if<Events>(&message)) {
    state.on_events(*events, now);
  } else if (auto* acked = std::get_if<Acked>(&message)) {
    state.on_acked(*acked, now);
  } else if (auto* deliver = std::get_if<Deliver>(&message)) {
    if (deliver->session == state.session) state.heard_from_publisher(now);
    state.on_deliver(*deliver);
  } else if (auto* unblock = std::get_if<Unblock>(&message)) {
    state.on_unblock(*unblock, now);
  } else if (auto* released = std::get_if<Released>(&message)) {
    state.on_released(*released, now);
  } else if (auto* welcome = std::get_if<Welcome>(&message)) {
    state.on_welcome(*welcome, now);
  } else if (auto* grant = std::get_if<Grant>(&message)) {
    state.on_grant(*grant, now);
  } else if (auto* refused = std::get_if<Refused>(&message)) {
    state.on_refused(*refused, now);
  } else if (auto* detached = std::get_if<Detached>(&message)) {
    const bool mine = detached->session == state.session && state.detach_first_id != 0;
    if (mine && detached->id >= state.detach_first_id) state.leave();
  } else {
    state.undecodable("a control message that members do not get");
  }
  state.follow_up(now);
}

void MemberCore::on_live(LiveMessage message, Now now) {
  state_->observe(now);
  if (state_->phase == Phase::left) return;
  state_->on_live(message, now);
  state_->follow_up(now);
}

bool MemberCore::live_waits(Now now) {
  return state_->live_waits(now);
}

void MemberCore::on_undecodable(std::string_view what, Now now) {
  state_->observe(now);
  state_->undecodable(what);
}

void MemberCore::on_completion(const Completion& completion, Now now) {
  state_->observe(now);
  if (state_->phase == Phase::left) return;
  state_->on_completion(completion, now);
  state_->follow_up(now);
}

void MemberCore::on_queue(std::size_t queued_events, std::size_t queued_bytes, Now now) {
  auto& state = *state_;
  state.observe(now);
  state.queued_events = queued_events;
  state.queued_bytes = queued_bytes;
  if (queued_events == 0 && state.settlement.dirty()) state.report_soon(now, Duration{0});
  state.follow_up(now);
}

void MemberCore::on_time(Now now) {
  auto& state = *state_;
  if (!state.seen || state.phase == Phase::left) return;
  state.observe(now);
  const auto fired = [&](Timer timer) { return state.timers.fired(timer, now.steady); };
  if (fired(Timer::lease)) state.lose_control(now);
  if (fired(Timer::reach)) state.not_reached(now);
  if (fired(Timer::hello)) state.hello_unanswered(now);
  if (fired(Timer::detach)) state.detach_unanswered(now);
  if (fired(Timer::release)) state.send_release(now);
  if (fired(Timer::fetch_answer)) state.fetch_failed(now, Duration{0});
  fired(Timer::fetch_retry);
  if (fired(Timer::silence)) {
    state.reconnect_events = true;
    if (state.attached() && state.closing == State::Closing::no) {
      state.notice(
          Level::info, "live.silent",
          "nothing came on the live stream of " + state.name + ": fetching, and connecting it again");
      state.connect_events(now);
      state.catch_up();
    }
  }
  if (fired(Timer::probe) && state.phase == Phase::live) state.catch_up();
  const bool life = fired(Timer::life);
  if (fired(Timer::ack) || life) state.send_ack(now);
  state.follow_up(now);
}

void MemberCore::on_close(bool abandon, Now now) {
  state_->observe(now);
  if (state_->phase == Phase::left) return;
  state_->close(abandon, now);
  state_->follow_up(now);
}

void MemberCore::take_effects(MemberEffects& effects) {
  auto& out = state_->out;
  const auto append = [](auto& to, auto& from) {
    if (to.empty()) {
      to.swap(from);
    } else {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      from.clear();
    }
  };
  if (out.connect_events) effects.connect_events = std::move(out.connect_events);
  if (out.listen) effects.listen = std::exchange(out.listen, std::nullopt);
  append(effects.control, out.control);
  auto keys = state_->blocked.take_changes();
  append(effects.keys, keys);
  append(effects.deliveries, out.deliveries);
  append(effects.notices, out.notices);
  if (out.drop_before_generation) effects.drop_before_generation = out.drop_before_generation;
  effects.reconnect_control = effects.reconnect_control || out.reconnect_control;
  effects.drain |= std::exchange(out.drain, 0);
  effects.left = effects.left || out.left;
  out.connect_events.reset();
  out.drop_before_generation.reset();
  out.reconnect_control = false;
  out.left = false;
}

std::optional<Duration> MemberCore::next_deadline() const {
  if (!state_->seen || state_->phase == Phase::left) return std::nullopt;
  const auto ticking = *state_->seen + tick;
  return std::min(ticking, state_->timers.next().value_or(ticking));
}

MemberCore::Phase MemberCore::phase() const {
  if (state_->phase == Phase::left) return Phase::left;
  return state_->closing == State::Closing::no ? state_->phase : Phase::leaving;
}

std::optional<Origin> MemberCore::origin() const {
  return state_->origin;
}

std::string MemberCore::publisher_name() const {
  return state_->name;
}

Seq MemberCore::position() const {
  return state_->merge.position();
}

SlotMask MemberCore::slots() const {
  return state_->slots;
}

std::uint32_t MemberCore::generation() const {
  return state_->generation;
}

Seq MemberCore::head() const {
  return state_->head;
}

bool MemberCore::caught_up() const {
  return state_->attached() && state_->at_head;
}

const std::optional<Error>& MemberCore::last_error() const {
  return state_->last_error;
}

const MemberCounters& MemberCore::counters() const {
  return state_->counters;
}

}  // namespace mesh::core
