#include "consumer_node.hpp"

#include "describe.hpp"

namespace sim {

namespace {

/// PublisherSettings::redeliveries_in_flight_max.
constexpr std::size_t redeliveries_max = 64;

}  // namespace

ConsumerNode::ConsumerNode(GroupIndex group, unsigned member, std::vector<PublisherNode*> publishers,
                           const Scenario& scenario, Story& story, World& world, Checker& checker)
    : group_(group),
      member_("member-" + std::to_string(member)),
      scenario_(scenario),
      story_(story),
      world_(world),
      checker_(checker),
      name_((group < scenario.groups.size() ? scenario.groups[group].name : std::string("watcher")) + "/" +
            std::to_string(member)),
      concurrency_(watcher() ? 1 : scenario.groups[group].concurrency) {
  for (PublisherIndex index = 0; index < publishers.size(); ++index) {
    Link link;
    link.publisher = publishers[index];
    link.index = index;
    link.control = std::make_unique<ControlLink>(world, scenario.network, *this, index, *publishers[index]);
    link.live = std::make_unique<LivePipe>(world, scenario.network, *this, index, *publishers[index]);
    link.live->blind = scenario.plant == Plant::no_chain_check;
    publishers[index]->attach({link.control.get(), link.live.get(), [this] { return last_process_; }});
    links_.push_back(std::move(link));
  }
}

mesh::Now ConsumerNode::now() const {
  return {world_.now() + steady_offset_, wall_base + world_.now().count()};
}

void ConsumerNode::start() {
  if (up()) return;
  process_ = last_process_ = checker_.new_process();
  steady_offset_ = world_.rng.between(Duration{0}, 1000s);
  world_.trace.line(name_, "starts", {{"process", process_}});
  checker_.process_began(process_, group_);
  mesh::core::DispatcherSettings settings;
  settings.concurrency = concurrency_;
  if (!watcher()) settings.ack_wait = scenario_.groups[group_].policy.ack_wait;
  settings.ordered = in_order();
  settings.run_max = static_cast<std::size_t>(world_.rng.pick(std::array{1, 8, 256}));
  dispatcher_ = std::make_unique<mesh::core::Dispatcher>(settings);
  workers_.assign(concurrency_, {});
  begin_cores();
}

void ConsumerNode::begin_cores() {
  std::array<std::uint8_t, 16> instance{};
  for (auto& byte : instance) byte = static_cast<std::uint8_t>(world_.rng.next());
  for (std::size_t at = 0; at < links_.size(); ++at) {
    auto& link = links_[at];
    mesh::core::MemberSettings settings;
    settings.link = static_cast<mesh::core::LinkId>(at);
    settings.member = member_;
    settings.instance = instance;
    settings.silence = scenario_.silence;
    if (!watcher()) {
      const auto& plan = scenario_.groups[group_];
      settings.group = plan.name;
      settings.prefixes = plan.prefixes;
      settings.start = plan.start;
      settings.policy = plan.policy;
      settings.window_events = plan.window_events;
      settings.window_bytes = plan.window_bytes;
      settings.hold_bytes = plan.hold_bytes;
      settings.fetch_credit = plan.fetch_credit;
      settings.use_live = plan.use_live;
    }
    link.control->connect();
    link.attached = false;
    link.core = std::make_unique<mesh::core::MemberCore>(settings);
    link.core->on_start(now());
    carry_out(link);
  }
  plan_next_turn();
}

void ConsumerNode::go_down(Checker::Ended how) {
  checker_.process_ended(process_, how);
  process_ = 0;
  stopped_ = closing_ = false;
  for (auto& link : links_) {
    link.control->close();
    link.live->disconnect();
    if (link.core) checker_.tally.gaps += link.core->counters().gaps;
    link.core.reset();
  }
  dispatcher_.reset();
  inbox_.clear();
  workers_.clear();
  when_continued_.clear();
  wake_at_ = never;
  ++wake_id_;
  const auto longest = world_.now() >= scenario_.ends ? Duration{100ms} : scenario_.process.down_max;
  world_.in(world_.rng.between(1ms, std::max(longest, Duration{2ms})), [this] { start(); });
}

void ConsumerNode::crash() {
  if (!up()) return;
  ++checker_.tally.member_crashes;
  world_.trace.line(name_, "crash", {{"process", process_}});
  go_down(Checker::Ended::died);
}

void ConsumerNode::close() {
  if (!up() || stopped_ || closing_) return;
  closing_ = true;
  world_.trace.line(name_, "closes");
  for (auto& link : links_) {
    link.core->on_close(false, now());
    carry_out(link);
  }
  wake(Duration{0});
  // Somebody loses patience: first with the handlers, then with the process.
  world_.in(world_.rng.between(1s, 10s), [this, process = process_] {
    if (process != process_ || stopped_) return;
    world_.trace.line(name_, "abandons");
    for (auto& link : links_) {
      link.core->on_close(true, now());
      carry_out(link);
    }
    wake(Duration{0});
  });
  world_.in(15s, [this, process = process_] {
    if (process == process_) crash();
  });
}

void ConsumerNode::stop(Duration time) {
  if (!up() || stopped_) return;
  stopped_ = true;
  stopped_at_ = world_.now();
  ++checker_.tally.stops;
  world_.trace.line(name_, "stopped", {{"ms", static_cast<std::uint64_t>(time / 1ms)}});
  world_.in(time, [this, process = process_] {
    if (process != process_) return;
    stopped_ = false;
    world_.trace.line(name_, "continues");
    checker_.process_stopped(process_, world_.now() - stopped_at_);
    for (auto& action : std::exchange(when_continued_, {})) {
      if (process == process_) action();
    }
    if (process == process_) wake(Duration{0});
  });
}

void ConsumerNode::cut(bool live, Duration away) {
  if (!up()) return;
  auto& link = links_[world_.rng.below(links_.size())];
  world_.trace.line(name_, live ? "live cut" : "control cut",
                    {{"ms", static_cast<std::uint64_t>(away / 1ms)}});
  ++checker_.tally.cuts;
  if (live) {
    link.live->cut(away);
  } else {
    link.control->cut(away);
  }
}

void ConsumerNode::on_answer(std::size_t link, mesh::ControlMessage message) {
  put({link, std::move(message)});
}

void ConsumerNode::on_live(std::size_t link, mesh::LiveMessage message, std::function<void()> read) {
  put({link, Live{std::move(message), std::move(read)}});
}

void ConsumerNode::put(Input input) {
  inbox_.push_back(std::move(input));
  wake(world_.rng.between(Duration{0}, 100us));
}

void ConsumerNode::wake(Duration delay) {
  if (!up()) return;
  const auto when = std::max(world_.now() + delay, world_.now());
  if (when >= wake_at_) return;
  wake_at_ = when;
  world_.at(when, [this, id = ++wake_id_] {
    if (id != wake_id_) return;
    wake_at_ = never;
    turn();
  });
}

void ConsumerNode::turn() {
  if (!up() || stopped_) return;
  const auto process = process_;
  for (std::size_t count = 0; count < inputs_per_turn && !inbox_.empty(); ++count) {
    auto input = std::move(inbox_.front());
    inbox_.pop_front();
    take(std::move(input));
  }
  dispatcher_->expire(now());
  if (in_order() && dispatcher_->has_completions()) cut_runs();
  drain_completions();
  for (auto& link : links_) {
    link.core->on_queue(dispatcher_->queued(), dispatcher_->queued_bytes(), now());
    link.core->on_time(now());
    carry_out(link);
  }
  check_bounds();
  feed_workers();
  if (process != process_) return;
  const bool left = std::all_of(links_.begin(), links_.end(), [](const Link& link) {
    return link.core->phase() == mesh::core::MemberCore::Phase::left;
  });
  if (left) {
    // Who leaves with handlers under way, or without an answer, leaves like a crash.
    const bool clean =
        dispatcher_->running() == 0 &&
        std::none_of(links_.begin(), links_.end(), [](const Link& link) { return link.attached; });
    world_.trace.line(name_, "left", {{"clean", clean}});
    return go_down(clean ? Checker::Ended::left : Checker::Ended::died);
  }
  plan_next_turn();
}

void ConsumerNode::take(Input input) {
  auto& link = links_[input.link];
  if (auto* message = std::get_if<mesh::ControlMessage>(&input.what)) {
    if (world_.trace.reading()) world_.trace.remark(name_, "reads", {}, describe(*message));
    const bool admitted =
        std::holds_alternative<mesh::Welcome>(*message) || std::holds_alternative<mesh::Grant>(*message);
    if (std::holds_alternative<mesh::Welcome>(*message)) link.attached = true;
    if (std::holds_alternative<mesh::Detached>(*message)) link.attached = false;
    link.core->on_control(std::move(*message), now());
    if (admitted) checker_.admitted(process_, link.index);
    return carry_out(link);
  }
  auto& live = std::get<Live>(input.what);
  live.read();
  if (world_.trace.reading()) {
    world_.trace.remark(name_, "hears", {{"first", live.message.first}, {"last", live.message.last}},
                        describe(live.message));
  }
  link.core->on_live(std::move(live.message), now());
  carry_out(link);
}

void ConsumerNode::drain_completions() {
  completions_.clear();
  dispatcher_->take_completions(completions_);
  for (const auto& completion : completions_) links_[completion.link].core->on_completion(completion, now());
}

void ConsumerNode::carry_out(Link& link) {
  mesh::core::MemberEffects effects;
  link.core->take_effects(effects);
  if (effects.connect_events) {
    if (*effects.connect_events != link.publisher->endpoint()) {
      throw Broken("messages decode", "asked to connect to " + *effects.connect_events);
    }
    link.live->connect(watcher() ? std::vector<std::string>{} : scenario_.groups[group_].prefixes);
  }
  if (effects.listen) {
    world_.trace.line(name_, *effects.listen ? "listens" : "listens no more", {});
    link.live->listen(*effects.listen);
  }
  for (const auto& message : effects.control) {
    checker_.reported(process_, link.index, message);
    world_.trace.line(name_, "sends", {{"kind", message.index()}},
                      world_.trace.reading() ? describe(message) : std::string());
    link.control->send(message);
  }
  if (effects.drop_before_generation) {
    world_.trace.line(name_, "drops", {{"before", *effects.drop_before_generation}});
    dispatcher_->drop(static_cast<mesh::core::LinkId>(&link - links_.data()),
                      *effects.drop_before_generation);
    cut_runs();
  }
  if (effects.drain != 0) {
    world_.trace.line(name_, "drains", {{"slots", effects.drain}});
    dispatcher_->drain(static_cast<mesh::core::LinkId>(&link - links_.data()), effects.drain,
                       link.core->generation());
    cut_runs();
  }
  for (const auto& key : effects.keys) {
    world_.trace.line(name_, key.blocked ? "blocks" : "unblocks", {{"key", key.key}, {"turn", key.turn}});
    dispatcher_->change(static_cast<mesh::core::LinkId>(&link - links_.data()), key);
  }
  if (!effects.deliveries.empty()) {
    world_.trace.line(
        name_, "queues",
        {{"first", effects.deliveries.front().event.seq}, {"count", effects.deliveries.size()}});
    dispatcher_->push(effects.deliveries);
  }
  if (effects.reconnect_control) link.control->cut(world_.rng.between(1ms, 50ms));
  if (world_.trace.reading()) {
    for (const auto& notice : effects.notices) world_.trace.remark(name_, notice.code, {}, notice.text);
  }
}

void ConsumerNode::plan_next_turn() {
  if (!inbox_.empty()) return wake(Duration{0});
  const auto consider = [&](std::optional<Duration> deadline) {
    if (deadline) wake(std::max(*deadline - now().steady, Duration{1}));
  };
  consider(dispatcher_->next_deadline());
  for (const auto& link : links_) consider(link.core->next_deadline());
}

void ConsumerNode::check_bounds() const {
  if (watcher()) return;
  const auto& plan = scenario_.groups[group_];
  // Each link may take one more message while there is room for one event, and redeliveries besides.
  const auto most = (plan.window_events + checker_.largest_message() + redeliveries_max) * links_.size();
  if (dispatcher_->queued() > most) {
    throw Broken("everything is bounded", name_ + " queues " + std::to_string(dispatcher_->queued()) +
                                              " events, its bound is " + std::to_string(most));
  }
}

bool ConsumerNode::settled() const {
  if (!up() || stopped_ || closing_ || !dispatcher_->idle()) return false;
  return std::all_of(links_.begin(), links_.end(), [&](const Link& link) {
    const bool live = watcher() || scenario_.groups[group_].use_live;
    const auto phase = link.core->phase();
    return link.core->caught_up() && link.core->head() >= link.publisher->head() &&
           phase == (live ? mesh::core::MemberCore::Phase::live : mesh::core::MemberCore::Phase::catching_up);
  });
}

std::string ConsumerNode::state() const {
  if (!up()) return name_ + ": down";
  std::string text = name_ + ": inbox " + std::to_string(inbox_.size()) + (stopped_ ? " stopped" : "") +
                     (closing_ ? " closing" : "") + " queued " + std::to_string(dispatcher_->queued()) +
                     " running " + std::to_string(dispatcher_->running());
  for (const auto& link : links_) {
    text += "; to publisher " + std::to_string(link.index) + ": phase " +
            std::to_string(static_cast<int>(link.core->phase())) + " position " +
            std::to_string(link.core->position()) + " head " + std::to_string(link.core->head()) +
            (link.control->up() ? "" : " disconnected");
    if (link.core->last_error()) text += " (" + link.core->last_error()->describe() + ")";
  }
  return text;
}

}  // namespace sim
