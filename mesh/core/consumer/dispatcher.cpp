#include <mesh/core/consumer/dispatcher.hpp>

#include <algorithm>
#include <map>

#include <mesh/core/consumer/hung_book.hpp>
#include <mesh/core/consumer/key_gate.hpp>
#include <mesh/core/consumer/run_book.hpp>
#include <mesh/core/consumer/work_queue.hpp>

namespace mesh::core {
namespace {

/// Runs are as long as handlers are quick: long ones that are cut short would be made in vain.
constexpr std::size_t run_size_min = 32;

}  // namespace

struct Dispatcher::State {
  explicit State(DispatcherSettings given)
      : settings(given),
        queue(given.concurrency > 1),
        runs(given.ack_wait, given.ordered),
        hung(given.ack_wait, given.ordered),
        gate(given.ordered) {}

  void drop(const std::function<bool(const Delivery&)>& condition) {
    const auto gone = [this](const Delivery& delivery) {
      // What is drained settles what it covers of other slots.
      const SlotMask slots = is_drained(delivery) && !is_outdated(delivery) ? delivery.slots : 0;
      if (!completions.empty()) {
        auto& before = completions.back();
        const bool joins = slots == 0 || before.covers_to + 1 == delivery.event.seq;
        if (joins && before.dropped && !before.counted && !delivery.counted && before.slots == slots &&
            before.link == delivery.link && before.generation == delivery.generation) {
          ++before.events;
          before.bytes += delivery.event.record.size();
          before.covers_to = delivery.covers_to;
          return;
        }
      }
      auto& completion = completions.emplace_back(completion_of(delivery));
      completion.dropped = true;
      completion.slots = slots;
    };
    queue.remove_if(condition, gone);
    for (const Delivery& delivery : hung.take_if(condition)) gone(delivery);
  }

  /// True: the event's handler of an earlier attempt is still at it.
  bool hangs(const Delivery& delivery) const {
    return delivery.counted && runs.handles(delivery.link, delivery.event.seq);
  }

  /// Those whose earlier handler has returned.
  void push_returned() {
    if (hung.empty()) return;
    auto returned = hung.take_if([this](const Delivery& delivery) { return !hangs(delivery); });
    queue.push(returned);
  }

  /// Takes out what is not to be handled now.
  void hold_back(std::vector<Delivery>& deliveries) {
    if (!gate.ordered()) return;
    std::erase_if(deliveries, [this](const Delivery& delivery) {
      if (!gate.holds_back(delivery)) return false;
      completions.push_back(gate.behind(delivery));
      if (const auto lane = lane_of(delivery); lane && settings.concurrency > 1) queue.release(*lane);
      return true;
    });
  }

  bool is_outdated(const Delivery& delivery) const {
    const auto bound = dropped.find(delivery.link);
    return bound != dropped.end() && delivery.generation < bound->second;
  }

  bool is_drained(const Delivery& delivery) const {
    const auto drains = draining.find(delivery.link);
    return drains != draining.end() && (drains->second.slots >> delivery.event.slot & 1) != 0;
  }

  bool is_void(const Delivery& delivery) const { return is_outdated(delivery) || is_drained(delivery); }

  void tell_drained() {
    for (auto drain = draining.begin(); drain != draining.end();) {
      const SlotMask idle = drain->second.slots & ~runs.slots(drain->first);
      if (idle != 0) {
        auto& news = completions.emplace_back();
        news.link = drain->first;
        news.generation = drain->second.generation;
        news.slots = idle;
        news.events = 0;
        news.drained = true;
      }
      drain->second.slots &= ~idle;
      drain = drain->second.slots == 0 ? draining.erase(drain) : std::next(drain);
    }
  }

  struct Drain {
    SlotMask slots = 0;
    std::uint32_t generation = 0;
  };

  DispatcherSettings settings;
  std::size_t run_size = run_size_min;  ///< of the newest run, or what was begun of it
  WorkQueue queue;
  RunBook runs;
  HungBook hung;
  KeyGate gate;
  std::vector<Completion> completions;
  std::map<LinkId, std::uint32_t> dropped;  ///< generations below are void
  std::map<LinkId, Drain> draining;         ///< slots of which workers still have something
};

Dispatcher::Dispatcher(DispatcherSettings settings) : state_(std::make_unique<State>(settings)) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::push(std::span<Delivery> deliveries) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    if (!state_->hangs(deliveries[i])) continue;
    state_->queue.push(deliveries.subspan(done, i - done));
    state_->hung.add(std::move(deliveries[i]));
    done = i + 1;
  }
  state_->queue.push(deliveries.subspan(done));
}

void Dispatcher::push(std::vector<Delivery>& deliveries) {
  const bool hanging = std::any_of(deliveries.begin(), deliveries.end(),
                                   [this](const Delivery& delivery) { return state_->hangs(delivery); });
  if (!hanging) return state_->queue.push(deliveries);
  push(std::span(deliveries));
  deliveries.clear();
}

bool Dispatcher::take(Run& run, Now now) {
  const auto workers = std::max<std::uint32_t>(1, state_->settings.concurrency);
  let_go(run.deliveries);
  if (state_->runs.size() >= workers) return false;
  state_->run_size = std::min(2 * state_->run_size, std::max<std::size_t>(1, state_->settings.run_max));
  const auto count_max = workers > 1 ? 1 : state_->run_size;
  do {
    if (!state_->queue.take(run.deliveries, count_max)) return false;
    state_->hold_back(run.deliveries);
  } while (run.deliveries.empty());
  run.id = state_->runs.begin(run.deliveries, now);
  return true;
}

void Dispatcher::progress(RunId run, std::size_t index, Now now) {
  state_->runs.progress(run, index, now);
  state_->push_returned();
}

void Dispatcher::extend(RunId run, Now now) {
  const auto event = state_->runs.extend(run, now);
  if (event && !state_->hung.empty()) state_->hung.extend(event->first, event->second, now);
}

void Dispatcher::shorten(Run& run, std::size_t count) {
  if (count >= run.deliveries.size()) return;
  state_->run_size = std::max(run_size_min, count);
  state_->runs.shorten(run.id, count);
  const bool may_be_void = !state_->dropped.empty() || !state_->draining.empty();
  const auto rest = std::span(run.deliveries).subspan(count);
  const bool void_any =
      may_be_void && std::any_of(rest.begin(), rest.end(),
                                 [this](const Delivery& delivery) { return state_->is_void(delivery); });
  state_->queue.put_back(run.deliveries, count);
  if (void_any) state_->drop([this](const Delivery& delivery) { return state_->is_void(delivery); });
}

void Dispatcher::finish(RunId run, std::span<const Outcome> outcomes, Now) {
  const auto from = state_->completions.size();
  const auto lane = state_->runs.finish(run, outcomes, state_->completions);
  state_->gate.failed(state_->completions, from);
  if (lane) state_->queue.release(*lane);
  state_->push_returned();
  if (!state_->draining.empty()) state_->tell_drained();
}

void Dispatcher::finish_all(RunId run, Now now) {
  finish(run, {}, now);
}

void Dispatcher::expire(Now now) {
  const auto from = state_->completions.size();
  state_->runs.expire(now, state_->completions);
  state_->hung.expire(now, state_->completions);
  state_->gate.failed(state_->completions, from);
}

std::optional<Duration> Dispatcher::next_deadline() const {
  const auto run = state_->runs.next_deadline();
  const auto hung = state_->hung.next_deadline();
  return run && hung ? std::min(run, hung) : run ? run : hung;
}

void Dispatcher::drop(LinkId link, std::uint32_t generation) {
  auto& dropped = state_->dropped[link];
  dropped = std::max(dropped, generation);
  if (const auto drain = state_->draining.find(link);
      drain != state_->draining.end() && drain->second.generation < generation) {
    state_->draining.erase(drain);
  }
  state_->drop(
      [&](const Delivery& delivery) { return delivery.link == link && delivery.generation < generation; });
  state_->gate.clear(link);
}

void Dispatcher::drain(LinkId link, SlotMask slots, std::uint32_t generation) {
  auto& drain = state_->draining[link];
  drain.slots |= slots;
  drain.generation = generation;
  state_->drop([&](const Delivery& delivery) {
    return delivery.link == link && (slots >> delivery.event.slot & 1) != 0;
  });
  state_->tell_drained();
}

void Dispatcher::change(LinkId link, const KeyChange& change) {
  state_->gate.change(link, change);
}

void Dispatcher::drop_queued() {
  state_->drop([](const Delivery&) { return true; });
}

void Dispatcher::take_completions(std::vector<Completion>& out) {
  auto& from = state_->completions;
  if (out.empty()) {
    out.swap(from);
  } else {
    out.insert(out.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
  from.clear();
}

bool Dispatcher::has_completions() const {
  return !state_->completions.empty();
}

std::size_t Dispatcher::queued() const {
  return state_->queue.size() + state_->hung.size();
}

std::size_t Dispatcher::queued_bytes() const {
  return state_->queue.bytes() + state_->hung.bytes();
}

std::size_t Dispatcher::running() const {
  return state_->runs.size();
}

}  // namespace mesh::core
