// The consumer process's workers: they take runs from the dispatcher and play the story's handlers.
#include "consumer_node.hpp"

namespace sim {

using Kind = mesh::core::Completion::Kind;

void ConsumerNode::feed_workers() {
  for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
    auto& one = workers_[worker];
    if (one.busy) continue;
    if (!dispatcher_->take(one.run, now())) return;
    one.busy = true;
    one.cut = false;
    one.at = 0;
    one.outcomes.clear();
    if (scenario_.plant == Plant::ack_before_handler) dispatcher_->finish_all(one.run.id, now());
    const auto process = process_;
    begin_handler(worker);
    if (process != process_) return;
  }
}

void ConsumerNode::begin_handler(std::size_t worker) {
  auto& one = workers_[worker];
  const auto& delivery = one.run.deliveries[one.at];
  const auto& link = links_[delivery.link];
  if (scenario_.plant != Plant::ack_before_handler) dispatcher_->progress(one.run.id, one.at, now());
  world_.trace.line(name_, "handles",
                    {{"publisher", link.index},
                     {"seq", delivery.event.seq},
                     {"attempt", delivery.attempt},
                     {"redrives", delivery.redrives},
                     {"redelivered", delivery.redelivered},
                     {"counted", delivery.counted}});
  checker_.handling_began(process_, link.index, delivery);
  const auto number = *story_.number_of(delivery.event.payload);
  one.behaviour = watcher() ? Behaviour{} : story_.behaviour(number, group_);
  auto& bad = story_.misdeeds(number, group_);
  if (one.behaviour.times > 0 && bad >= one.behaviour.times) one.behaviour.kind = Behaviour::Kind::ack;
  if (one.behaviour.kind != Behaviour::Kind::ack) ++bad;
  one.began = world_.now();
  one.left = one.behaviour.takes;
  if (one.behaviour.kind == Behaviour::Kind::hang) {
    const auto wait = scenario_.groups[group_].policy.ack_wait;
    one.left = wait + world_.rng.between(Duration{0}, wait * 2);
  }
  handler_slice(worker, one.run.id);
}

void ConsumerNode::handler_slice(std::size_t worker, std::uint64_t run) {
  auto& one = workers_[worker];
  Duration slice = one.left;
  if (one.behaviour.extends) slice = std::min(slice, scenario_.groups[group_].policy.ack_wait / 2);
  one.left -= slice;
  const bool last = one.left <= Duration{0};
  auto step = [this, worker, run, last, process = process_] {
    if (process != process_ || workers_[worker].run.id != run) return;
    if (last) return end_handler(worker);
    const auto& delivery = workers_[worker].run.deliveries[workers_[worker].at];
    dispatcher_->extend(run, now());
    checker_.handling_extended(process_, links_[delivery.link].index, delivery.event.seq);
    handler_slice(worker, run);
  };
  world_.in(slice, [this, step, process = process_] {
    if (process != process_) return;
    if (stopped_) {
      when_continued_.push_back(step);
    } else {
      step();
    }
  });
}

// What has not begun goes back to the dispatcher, which may have dropped it meanwhile.
void ConsumerNode::cut_runs() {
  if (scenario_.plant == Plant::ack_before_handler) return;  // it has got its outcomes already
  for (auto& worker : workers_) worker.cut = true;
}

Kind ConsumerNode::verdict_of(const Worker& worker, mesh::core::Dispatcher::Outcome& outcome) const {
  switch (worker.behaviour.kind) {
    case Behaviour::Kind::retry:
      outcome.text = "the payment service said no";
      outcome.delay = worker.behaviour.delay;
      return Kind::retry;
    case Behaviour::Kind::park:
      outcome.text = "this booking makes no sense";
      return Kind::park;
    case Behaviour::Kind::put_back:
      return Kind::behind;
    case Behaviour::Kind::hang:
      outcome.text = "too late";
      return worker.run.id % 2 == 0 ? Kind::ack : Kind::retry;
    case Behaviour::Kind::ack:
    case Behaviour::Kind::kill:
      return Kind::ack;
  }
  return Kind::ack;
}

void ConsumerNode::end_handler(std::size_t worker) {
  auto& one = workers_[worker];
  if (one.behaviour.kind == Behaviour::Kind::kill) {
    world_.trace.line(name_, "handler kills its process", {{"seq", one.run.deliveries[one.at].event.seq}});
    return crash();
  }
  const auto& delivery = one.run.deliveries[one.at];
  mesh::core::Dispatcher::Outcome outcome;
  outcome.took = world_.now() - one.began;
  outcome.kind = verdict_of(one, outcome);
  world_.trace.line(name_, "returns",
                    {{"publisher", links_[delivery.link].index},
                     {"seq", delivery.event.seq},
                     {"kind", static_cast<std::uint64_t>(outcome.kind)}});
  checker_.handling_returned(process_, links_[delivery.link].index, delivery, outcome.kind);
  if (in_order() && outcome.kind != Kind::ack) one.cut = true;
  one.outcomes.push_back(std::move(outcome));
  if (++one.at < one.run.deliveries.size() && !one.cut) return begin_handler(worker);
  if (one.at < one.run.deliveries.size()) dispatcher_->shorten(one.run, one.at);
  one.busy = false;
  if (scenario_.plant != Plant::ack_before_handler) {
    const bool all = std::all_of(one.outcomes.begin(), one.outcomes.end(),
                                 [](const auto& each) { return each.kind == Kind::ack; });
    if (all && world_.rng.chance(0.5)) {
      dispatcher_->finish_all(one.run.id, now());
    } else {
      dispatcher_->finish(one.run.id, one.outcomes, now());
    }
  }
  wake(world_.rng.between(Duration{0}, 50us));
}

}  // namespace sim
