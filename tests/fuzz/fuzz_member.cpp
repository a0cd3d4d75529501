// The consumer's core and its dispatcher, with answers and live messages that no honest publisher would send.
// Whatever comes: what it sends arrives, and no event is delivered twice under one assignment unless it is
// marked as another attempt.
#include <map>
#include <tuple>

#include <mesh/core/consumer/dispatcher.hpp>
#include <mesh/core/consumer/member_core.hpp>

#include "messages.hpp"

namespace {

using namespace mesh;

constexpr std::size_t operations_max = 400;

core::MemberSettings settings(fuzz::Input& input) {
  core::MemberSettings settings;
  settings.group = input.below(8) == 0 ? "" : "g1";
  settings.member = "m1";
  for (std::size_t count = input.below(3); count > 0; --count)
    settings.prefixes.push_back(fuzz::prefix(input));
  settings.window_events = 1 + input.below(32);
  settings.hold_bytes = 1024 + input.below(4) * 1024;
  settings.use_live = input.below(4) != 0;
  return settings;
}

class World {
 public:
  explicit World(fuzz::Input& input)
      : input_(input),
        core_(settings(input)),
        dispatcher_({static_cast<std::uint32_t>(1 + input.below(3)), 1s, false, 4}) {}

  void run() {
    core_.on_start(now_);
    carry_out();
    for (std::size_t i = 0; i < operations_max && !input_.done(); ++i) {
      operate();
      carry_out();
    }
  }

 private:
  void operate() {
    switch (input_.below(10)) {
      case 0:
      case 1:
      case 2:
        if (auto message = fuzz::transmit(fuzz::to_member(input_, known_), false)) {
          learn(*message);
          core_.on_control(std::move(*message), now_);
        }
        return;
      case 3:
      case 4:
        if (auto message = fuzz::transmit(fuzz::live(input_, known_), false))
          core_.on_live(std::move(*message), now_);
        return;
      case 5:
        now_.steady += 1ms * (1 << input_.below(14));
        dispatcher_.expire(now_);
        return core_.on_time(now_);
      case 6:
      case 7:
        return work();
      case 8:
        return core_.on_undecodable("a frame", now_);
      default:
        if (input_.below(16) == 0) core_.on_close(input_.below(2) == 0, now_);
    }
  }

  void learn(const ControlMessage& message) {
    if (const auto* welcome = std::get_if<Welcome>(&message)) known_.sessions.push_back(welcome->session);
    if (known_.sessions.size() > 8) known_.sessions.erase(known_.sessions.begin() + 1);
    if (known_.epochs.size() < 4) known_.epochs.push_back(known_.epochs.size());
  }

  void work() {
    core::Run run;
    if (!dispatcher_.take(run, now_)) return;
    std::vector<core::Dispatcher::Outcome> outcomes(run.deliveries.size());
    for (auto& outcome : outcomes) outcome.kind = static_cast<core::Completion::Kind>(input_.below(8) % 3);
    dispatcher_.finish(run.id, outcomes, now_);
  }

  void carry_out() {
    core::MemberEffects effects;
    core_.take_effects(effects);
    if (effects.drop_before_generation) dispatcher_.drop(0, *effects.drop_before_generation);
    if (effects.drain != 0) {
      // Slots that are given back may come again, with what was not settled of them.
      dispatcher_.drain(0, effects.drain, core_.generation());
      std::erase_if(seen_, [&](const auto& one) { return (effects.drain >> one.second & 1) != 0; });
    }
    for (const ControlMessage& message : effects.control) {
      fuzz::transmit(message, true);
      std::visit(
          [this](const auto& one) {
            if constexpr (requires { one.id; }) known_.id = std::max(known_.id, one.id);
          },
          message);
    }
    for (const core::Delivery& delivery : effects.deliveries) check(delivery);
    dispatcher_.push(effects.deliveries);
    std::vector<core::Completion> completions;
    dispatcher_.take_completions(completions);
    for (const core::Completion& completion : completions) core_.on_completion(completion, now_);
    core_.on_queue(dispatcher_.queued(), dispatcher_.queued_bytes(), now_);
    known_.head = core_.position();
  }

  void check(const core::Delivery& delivery) {
    if (delivery.counted) return;
    const std::pair key{delivery.generation, delivery.event.seq};
    fuzz::require(seen_.emplace(key, delivery.event.slot).second);
    fuzz::require(delivery.covers_to >= delivery.event.seq);
    fuzz::require(delivery.attempt == 1);
  }

  fuzz::Input& input_;
  core::MemberCore core_;
  core::Dispatcher dispatcher_;
  fuzz::Known known_;
  std::map<std::pair<std::uint32_t, Seq>, Slot> seen_;
  Now now_{1s, 1'000'000'000};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mesh::fuzz::Input input(data, size);
  World(input).run();
  return 0;
}
