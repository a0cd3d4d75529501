#include "publisher_node.hpp"

#include "describe.hpp"

namespace sim {

namespace {

mesh::Origin origin_of(std::uint64_t seed, PublisherIndex index) {
  mesh::Origin origin;
  for (std::size_t at = 0; at < origin.bytes.size(); ++at) {
    origin.bytes[at] = static_cast<std::uint8_t>(mix(seed * 31 + index * 7 + at));
  }
  return origin;
}

const std::array<const char*, 2> names{"bookings", "payments"};

}  // namespace

PublisherNode::PublisherNode(PublisherIndex index, const Scenario& scenario, Story& story, World& world,
                             Checker& checker)
    : index_(index),
      scenario_(scenario),
      story_(story),
      world_(world),
      checker_(checker),
      name_(names[index]),
      endpoint_("tcp://127.0.0.1:" + std::to_string(7000 + index)),
      store_(std::make_shared<mesh::MemoryStore>(origin_of(scenario.seed, index))) {}

mesh::Now PublisherNode::now() const {
  return {world_.now() + steady_offset_, wall_base + (world_.now() + wall_offset_).count()};
}

void PublisherNode::start() {
  if (up()) return;
  ++run_;
  steady_offset_ = world_.rng.between(Duration{0}, 1000s);
  subscriptions_->clear();
  mesh::JournalOptions options;
  options.name = name_;
  options.durability = scenario_.disk.durability;
  options.segment_size = scenario_.disk.segment_size;
  auto opened = mesh::MemoryJournal::open(store_, options);
  if (!opened) throw Broken("a journal opens again", opened.error().describe());
  const auto identity = (*opened)->identity();
  checker_.reopened(index_, **opened, std::exchange(power_lost_, false));
  journal_ = std::make_unique<WatchedJournal>(std::move(*opened), scenario_, world_, checker_, index_,
                                              [this] { crash_point(); });
  journal_->full(full_);
  next_seq_ = journal_->next_seq();
  staging_ = std::make_unique<mesh::BatchBuilder>(identity.origin, 4096);

  mesh::core::PublisherSettings settings;
  settings.events_endpoint = endpoint_;
  settings.fetch_credit_min = scenario_.fetch_credit_min;
  settings.lease = scenario_.plant == Plant::no_fencing ? scenario_.lease / 10 : scenario_.lease;
  settings.load_known_after = 16;  // exchanges of slots happen in short runs, too
  settings.retention = scenario_.retention;
  settings.seed = world_.rng.next();
  core_ = std::make_unique<mesh::core::PublisherCore>(settings, identity);
  turn_ = std::make_unique<mesh::core::PublisherTurn>(*core_, *journal_, *this);
  std::vector<mesh::core::GroupDeclaration> declared;
  for (const auto& group : scenario_.groups) {
    if (!group.declared) continue;
    declared.push_back({group.name, group.prefixes, group.start, group.policy});
    checker_.asked_for(index_, group.name);
  }
  world_.trace.line(name_, "starts",
                    {{"run", identity.run},
                     {"incarnation", identity.incarnation},
                     {"head", journal_->head()},
                     {"next", next_seq_}});
  if (auto restored = core_->restore(*journal_, declared, now()); !restored) {
    throw Broken("a publisher restarts", restored.error().describe());
  }
  checker_.turn_begins(index_, journal_->head());
  put(UsageDue{});
  usage_timer(run_);
}

void PublisherNode::usage_timer(std::uint64_t run) {
  world_.in(1s, [this, run] {
    if (!up() || run != run_) return;
    put(UsageDue{});
    usage_timer(run);
  });
}

void PublisherNode::go_down() {
  for (auto& peer : peers_) {
    peer.control->cut(world_.rng.between(5ms, 100ms));
    if (peer.live != nullptr) peer.live->cut(world_.rng.between(5ms, 100ms));
  }
  ++run_;
  turn_.reset();
  core_.reset();
  journal_.reset();
  staging_.reset();
  staged_.clear();
  inbox_.clear();
  fetches_.clear();
  reader_free_ = Duration{0};
  stopped_ = false;
  crash_countdown_ = -1;
  wake_at_ = Duration::max();
  ++wake_id_;
}

void PublisherNode::crash() {
  if (!up()) return;
  ++checker_.tally.publisher_crashes;
  journal_->crash();
  go_down();
  if (world_.rng.chance(scenario_.disk.power_loss)) {
    power_lost_ = true;
    ++checker_.tally.power_losses;
    const auto lost = store_->lose_power(world_.rng.below(6));
    world_.trace.line(name_, "power loss", {{"commits", lost}});
  }
  world_.trace.line(name_, "crash");
  restart_in(down_for(scenario_.process.down_max));
}

void PublisherNode::close() {
  if (!up() || stopped_) return;
  world_.trace.line(name_, "closes");
  try {
    commit_staged();
    core_->on_close(now());
    turn_->finish(now());
  } catch (const CrashNow&) {
    return crash();
  }
  if (turn_->holding_state()) {
    journal_->crash();  // what could not be written is forgotten: not a clean end
  } else {
    static_cast<void>(journal_->close());
  }
  go_down();
  restart_in(down_for(scenario_.process.down_max));
}

Duration PublisherNode::down_for(Duration longest) {
  const auto limit = world_.now() >= scenario_.ends ? Duration{100ms} : longest;
  return world_.rng.between(Duration{1ms}, std::max(limit, Duration{2ms}));
}

void PublisherNode::restart_in(Duration delay) {
  world_.in(delay, [this] { start(); });
}

void PublisherNode::jump_clock() {
  wall_offset_ = world_.rng.between(-2h, 2h);
  world_.trace.line(name_, "clock set");
}

void PublisherNode::stop(Duration time) {
  if (!up() || stopped_) return;
  stopped_ = true;
  ++checker_.tally.stops;
  world_.trace.line(name_, "stopped", {{"ms", static_cast<std::uint64_t>(time / 1ms)}});
  world_.in(time, [this, run = run_] {
    if (run != run_) return;
    stopped_ = false;
    world_.trace.line(name_, "continues");
    wake(Duration{0});
  });
}

bool PublisherNode::publish() {
  if (!up() || stopped_ || core_->full()) return false;
  const auto number = story_.next(index_);
  const auto& event = story_.event(number);
  const auto key = story_.key_text(number);
  mesh::EventInput input{event.topic, std::nullopt, {}, story_.payload(number)};
  if (event.key) input.key = key;
  staging_->append(next_seq_++, now().wall, input);
  if (staging_->body_size() > 20'000 || world_.rng.chance(0.05)) staged_.push_back(staging_->seal());
  wake(world_.rng.between(Duration{0}, 200us));
  return true;
}

void PublisherNode::disk_full(bool yes) {
  full_ = yes;
  if (journal_) journal_->full(yes);
  world_.trace.line(name_, yes ? "disk full" : "disk has room");
}

void PublisherNode::on_request(const mesh::core::Route& route, mesh::ControlMessage message) {
  put(Request{route, std::move(message)});
}

void PublisherNode::on_subscription(const std::string& prefix, bool active) {
  put(Subscription{prefix, active});
}

void PublisherNode::put(Input input) {
  inbox_.push_back(std::move(input));
  wake(world_.rng.between(Duration{0}, 100us));
}

void PublisherNode::wake(Duration delay) {
  if (!up()) return;
  const auto when = std::max(world_.now() + delay, world_.now());
  if (when >= wake_at_) return;
  wake_at_ = when;
  world_.at(when, [this, id = ++wake_id_] {
    if (id != wake_id_) return;
    wake_at_ = Duration::max();
    turn();
  });
}

void PublisherNode::crash_point() {
  if (crash_countdown_ >= 0 && crash_countdown_-- == 0) throw CrashNow{};
}

void PublisherNode::turn() {
  if (!up() || stopped_) return;
  if (world_.now() < scenario_.ends && world_.rng.chance(scenario_.process.crash_inside)) {
    crash_countdown_ = static_cast<int>(world_.rng.below(8));
  }
  try {
    journal_->write_back();
    checker_.turn_begins(index_, journal_->head());
    for (std::size_t count = 0; count < inputs_per_turn && !inbox_.empty(); ++count) {
      auto input = std::move(inbox_.front());
      inbox_.pop_front();
      take(std::move(input));
    }
    core_->on_time(now());
    commit_staged();
    turn_->finish(now());
    crash_countdown_ = -1;
  } catch (const CrashNow&) {
    world_.trace.line(name_, "dies inside a turn");
    return crash();
  }
  if (turn_->holding_state()) checker_.unsaid(index_);
  if (!turn_->holding_state() && checker_.wants_status(index_))
    checker_.turn_ended(index_, core_->groups(now()));
  plan_next_turn();
}

void PublisherNode::plan_next_turn() {
  if (!inbox_.empty()) return wake(Duration{0});
  if (turn_->holding_state()) wake(mesh::core::PublisherTurn::retry_interval);
  if (const auto deadline = core_->next_deadline()) wake(std::max(*deadline - now().steady, Duration{1}));
}

void PublisherNode::take(Input input) {
  if (auto* request = std::get_if<Request>(&input)) {
    if (!request->forged) checker_.heard(index_, process_of(request->route), request->message);
    note_request(*request);
    if (const auto* hello = std::get_if<mesh::Hello>(&request->message))
      checker_.asked_for(index_, hello->group);
    if (world_.trace.reading()) world_.trace.remark(name_, "reads", {}, describe(request->message));
    core_->on_control(request->route, std::move(request->message), now());
  } else if (auto* subscription = std::get_if<Subscription>(&input)) {
    world_.trace.line(name_, subscription->active ? "subscribed" : "unsubscribed", {}, subscription->prefix);
    core_->on_subscription(subscription->prefix, subscription->active, now());
  } else if (auto* result = std::get_if<mesh::core::ReadResult>(&input)) {
    core_->on_read(std::move(*result), now());
  } else {
    core_->on_usage(journal_->usage(), journal_->dropped_through(), now());
  }
}

void PublisherNode::commit_staged() {
  if (!staging_->empty()) staged_.push_back(staging_->seal());
  if (staged_.empty()) return;
  turn_->commit(std::exchange(staged_, {}), now());
  if (world_.rng.chance(0.5)) core_->on_usage(journal_->usage(), journal_->dropped_through(), now());
}

void PublisherNode::attach(Peer peer) {
  if (peer.live != nullptr) peer.live->counts = subscriptions_;
  const auto number = peers_.size();
  peer.control->on_route = [this, number](const mesh::core::Route& route) {
    routes_[route] = {number, peers_[number].process ? peers_[number].process() : 0};
  };
  peers_.push_back(std::move(peer));
}

PublisherNode::Peer* PublisherNode::peer_of(const mesh::core::Route& route) {
  const auto found = routes_.find(route);
  return found == routes_.end() ? nullptr : &peers_[found->second.first];
}

ProcessId PublisherNode::process_of(const mesh::core::Route& route) const {
  const auto found = routes_.find(route);
  return found == routes_.end() ? 0 : found->second.second;
}

bool PublisherNode::idle() const {
  return up() && !stopped_ && staging_->empty() && !turn_->holding_state();
}

std::string PublisherNode::state() const {
  std::string text = name_ + ": ";
  if (!up()) return text + "down";
  text += "head " + std::to_string(core_->head()) + (stopped_ ? " stopped" : "") + " inbox " +
          std::to_string(inbox_.size()) + (turn_->holding_state() ? " holds state" : "") +
          (core_->full() ? " full" : "");
  for (const auto& group : core_->groups(now())) {
    text += "\n    group " + group.group + " floor " + std::to_string(group.floor) + " lag " +
            std::to_string(group.lag) + " waiting " + std::to_string(group.waiting) + " in flight " +
            std::to_string(group.in_flight) + " parked " + std::to_string(group.parked) + " expired " +
            std::to_string(group.expired) + " members";
    for (const auto& member : group.members) {
      text += " " + member.member + (member.slots != 0 ? "*" : "") + " idle " + seconds(member.idle);
    }
  }
  return text;
}

}  // namespace sim
