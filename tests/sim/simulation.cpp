#include "simulation.hpp"

namespace sim {

namespace {

/// Quiet must last this long before it is believed.
constexpr Duration quiet_proof = 2s;
/// Control messages that a quiet link may exchange per second: signs of life, waiting fetches.
constexpr std::uint64_t idle_messages_per_link = 40;

/// A healthy run takes a few thousand.
constexpr std::uint64_t steps_max = 300'000;

}  // namespace

Simulation::Simulation(std::uint64_t seed, Plant plant, Trace::Mode mode)
    : scenario_(draw_scenario(seed, plant)),
      world_(seed, mode),
      story_(scenario_, Rng(mix(seed ^ 0x570e1))),
      checker_(scenario_, story_, world_) {
  std::vector<PublisherNode*> publishers;
  for (PublisherIndex index = 0; index < scenario_.publishers; ++index) {
    publishers_.push_back(std::make_unique<PublisherNode>(index, scenario_, story_, world_, checker_));
    publishers.push_back(publishers_.back().get());
  }
  const auto groups = static_cast<GroupIndex>(scenario_.groups.size());
  for (GroupIndex group = 0; group < groups + scenario_.watchers; ++group) {
    const auto members = group < groups ? scenario_.groups[group].members : 1;
    for (unsigned member = 0; member < members; ++member) {
      consumers_.push_back(
          std::make_unique<ConsumerNode>(group, member, publishers, scenario_, story_, world_, checker_));
    }
  }
  operator_ = std::make_unique<OperatorNode>(publishers, scenario_, world_, checker_);
}

Verdict Simulation::run() {
  Verdict verdict;
  try {
    play();
  } catch (const Broken& broken) {
    verdict.ok = false;
    verdict.promise = broken.promise();
    verdict.what = broken.what();
  } catch (const std::exception& error) {
    verdict.ok = false;
    verdict.promise = "nothing throws across an interface";
    verdict.what = error.what();
  }
  verdict.when = world_.now();
  verdict.hash = world_.trace.hash();
  verdict.tally = checker_.tally;
  verdict.tally.seeds = 1;
  verdict.tally.steps = world_.steps();
  verdict.tail.assign(world_.trace.tail().begin(), world_.trace.tail().end());
  return verdict;
}

void Simulation::play() {
  begin();
  until(scenario_.ends);
  end_evils();
  await_quiet();
  inquest();
}

void Simulation::begin() {
  for (auto& publisher : publishers_) publisher->start();
  operator_->start();
  std::size_t at = 0;
  for (GroupIndex group = 0; group < scenario_.groups.size() + scenario_.watchers; ++group) {
    const bool watcher = group >= scenario_.groups.size();
    const auto members = watcher ? 1 : scenario_.groups[group].members;
    for (unsigned member = 0; member < members; ++member) {
      const auto when =
          watcher ? Duration{0} : scenario_.groups[group].joins + member * scenario_.ends / (2 * members);
      world_.at(when, [consumer = consumers_[at++].get()] { consumer->start(); });
    }
  }
  world_.in(1ms, [this] { publish_some(); });
  begin_evils();
}

void Simulation::publish_some() {
  if (world_.now() >= scenario_.ends || story_.size() >= scenario_.traffic.events) return;
  const auto count = world_.rng.between(1, scenario_.traffic.burst_max);
  auto& publisher = some_publisher();
  for (std::int64_t one = 0; one < count; ++one) {
    if (!publisher.publish()) ++checker_.tally.refused;
  }
  world_.in(world_.rng.around(scenario_.traffic.pause), [this] { publish_some(); });
}

void Simulation::repeat(Duration every, std::function<void()> evil) {
  if (every == Duration{0}) return;
  world_.in(world_.rng.around(every), [this, every, evil = std::move(evil)] {
    if (world_.now() >= scenario_.ends) return;
    evil();
    repeat(every, evil);
  });
}

void Simulation::begin_evils() {
  const auto& process = scenario_.process;
  repeat(process.publisher_crash_every, [this] { some_publisher().crash(); });
  repeat(process.publisher_restart_every, [this] { some_publisher().close(); });
  repeat(process.member_crash_every, [this] { some_consumer().crash(); });
  repeat(process.member_restart_every, [this] { some_consumer().close(); });
  repeat(process.stop_every, [this] { stop_somebody(); });
  repeat(process.clock_jump_every, [this] { some_publisher().jump_clock(); });
  repeat(scenario_.network.cut_every, [this] { cut_something(); });
  repeat(scenario_.operators.every, [this] { operator_->visit(); });
  repeat(scenario_.disk.full_every, [this] {
    auto& publisher = some_publisher();
    publisher.disk_full(true);
    world_.in(world_.rng.between(1ms, scenario_.disk.full_max), [&publisher] { publisher.disk_full(false); });
  });
}

void Simulation::stop_somebody() {
  const auto& plan = scenario_.process;
  const bool too_long = world_.rng.chance(plan.long_stop);
  const auto time = too_long ? world_.rng.between(scenario_.lease, scenario_.lease * 2)
                             : world_.rng.between(1ms, plan.stop_max);
  if (world_.rng.chance(0.5)) {
    some_publisher().stop(time);
  } else {
    some_consumer().stop(time);
  }
}

void Simulation::cut_something() {
  const auto& plan = scenario_.network;
  const bool too_long = world_.rng.chance(plan.long_cut);
  const auto away = too_long ? world_.rng.between(scenario_.lease, scenario_.lease * 2)
                             : world_.rng.between(1ms, plan.cut_max);
  some_consumer().cut(world_.rng.chance(0.5), away);
}

void Simulation::end_evils() {
  scenario_.network.lose = scenario_.network.repeat = scenario_.network.live_drop = 0;
  scenario_.network.live_pipe = 1000;
  scenario_.disk.append_fails = scenario_.disk.state_fails = 0;
  for (auto& publisher : publishers_) publisher->disk_full(false);
  world_.trace.line("world", "faults end");
  // A last event each, so that the tail is covered too.
  for (auto& publisher : publishers_) publish_last(*publisher);
}

void Simulation::publish_last(PublisherNode& publisher) {
  world_.in(500ms, [this, &publisher] {
    if (!publisher.publish()) publish_last(publisher);
  });
}

void Simulation::until(Duration time) {
  while (!world_.empty() && world_.now() < time) {
    if (world_.steps() > steps_max) throw Broken("the mesh goes quiet", "too many steps\n" + restless());
    world_.step();
  }
}

bool Simulation::quiet() const {
  for (const auto& publisher : publishers_) {
    if (!publisher->idle() || !publisher->core()->settled(publisher->head())) return false;
  }
  return std::all_of(consumers_.begin(), consumers_.end(), [](const auto& one) { return one->settled(); });
}

std::string Simulation::restless() const {
  std::string text;
  if (const auto owed = checker_.owed()) text += "owed: " + *owed + "\n";
  for (const auto& publisher : publishers_) text += "  " + publisher->state() + "\n";
  for (const auto& consumer : consumers_) text += "  " + consumer->state() + "\n";
  return text;
}

void Simulation::await_quiet() {
  const auto deadline = scenario_.ends + scenario_.quiet_within;
  until(scenario_.ends);
  if (scenario_.operators.command > 0) operator_->resume_all();
  until(scenario_.ends + 1s);
  Duration since = world_.now();
  std::uint64_t messages = checker_.tally.control_messages;
  bool was_quiet = false;  // what was said on the way there does not count
  while (world_.now() - since < quiet_proof) {
    if (world_.now() >= deadline) throw Broken("the mesh goes quiet", restless());
    until(world_.now() + 20ms);
    const bool is_quiet = quiet();
    if (!is_quiet || !was_quiet) {
      since = world_.now();
      messages = checker_.tally.control_messages;
    }
    was_quiet = is_quiet;
  }
  const auto spent = checker_.tally.control_messages - messages;
  const auto most = idle_messages_per_link * consumers_.size() * publishers_.size() * 2;
  if (spent > most) {
    throw Broken("the mesh goes quiet",
                 std::to_string(spent) + " control messages in 2 s of quiet\n" + restless());
  }
}

void Simulation::inquest() {
  if (const auto owed = checker_.owed()) throw Broken("at least once or parked", *owed);
  for (PublisherIndex index = 0; index < publishers_.size(); ++index) {
    checker_.finished(index, publishers_[index]->head(), publishers_[index]->groups());
  }
  operator_->inquire();
  const auto deadline = world_.now() + 30s;
  while (operator_->inquiries_left() > 0) {
    if (world_.now() >= deadline) throw Broken("the mesh goes quiet", "an operator gets no answer");
    until(world_.now() + 10ms);
  }
}

}  // namespace sim
