#include "faults.hpp"

#include <array>

#include "rng.hpp"

namespace sim {

namespace {

using Prefixes = std::vector<std::string>;

const std::array<Prefixes, 14>& prefix_choices() {
  static const std::array<Prefixes, 14> choices{{
      {},
      {""},
      {"booking."},
      {"booking.created"},
      {"booking.c"},
      {"payment."},
      {"booking.", "payment."},
      {"booking.created", "booking."},
      {"booking.created", "payment.captured", "review."},
      {"b", "booking.c", "booking.created"},
      {"payment.captured", "booking.cancelled"},
      {"", "booking."},
      {"review.", "payment.re"},
      {"booking.created", "booking.cancelled", "booking.confirmed", "payment.failed"},
  }};
  return choices;
}

const std::array<const char*, 7> group_names{"notifications", "analytics", "refunds", "loyalty",
                                             "accounting",    "search",    "fraud"};

mesh::RetryPolicy draw_policy(Rng& rng) {
  static const std::array<std::vector<Duration>, 5> schedules{
      {{10ms}, {0ms, 20ms}, {50ms, 200ms, 1s}, {100ms, 1s, 5s}, {5ms, 10ms, 20ms, 40ms}}};
  mesh::RetryPolicy policy;
  policy.backoff = rng.pick(schedules);
  policy.jitter = rng.pick(std::array{0.0, 0.2, 1.0});
  policy.attempts_max = static_cast<std::uint32_t>(rng.between(1, 5));
  policy.ack_wait = rng.pick(std::array<Duration, 3>{200ms, 1s, 5s});
  return policy;
}

/// Events of one key go one after the other, each with all its retries: what the whole of them may take.
Duration line_of_retries(const mesh::RetryPolicy& policy, const TrafficPlan& traffic) {
  Duration one{0};
  for (std::uint32_t attempt = 1; attempt < policy.attempts_max; ++attempt) {
    const auto step = policy.backoff[std::min<std::size_t>(attempt, policy.backoff.size()) - 1];
    one += std::chrono::duration_cast<Duration>(step * (1.0 + policy.jitter));
  }
  return one * static_cast<int>(traffic.keys == 0 ? 0 : traffic.events / traffic.keys);
}

GroupPlan draw_group(Rng& rng, unsigned number, Duration span) {
  GroupPlan group;
  group.name = group_names[number % group_names.size()];
  group.prefixes = rng.pick(prefix_choices());
  group.policy = draw_policy(rng);
  if (rng.chance(0.5)) group.members = static_cast<unsigned>(rng.between(2, 8));
  group.concurrency = static_cast<unsigned>(rng.between(1, 4));
  group.use_live = !rng.chance(0.15);
  group.declared = rng.chance(0.3);
  if (rng.chance(0.4)) group.joins = rng.between(Duration{0}, span / 2);
  if (rng.chance(0.15)) group.start.kind = mesh::Start::Kind::latest;
  if (rng.chance(0.15)) {
    group.start.kind = mesh::Start::Kind::seq;
    group.start.seq = static_cast<mesh::Seq>(rng.between(1, 60));
  }
  if (rng.chance(0.3)) {
    group.window_events = static_cast<std::size_t>(rng.between(1, 40));
    group.hold_bytes = static_cast<std::size_t>(rng.between(500, 20'000));
    group.window_bytes = static_cast<std::size_t>(rng.between(2'000, 50'000));
  }
  if (rng.chance(0.3)) group.fetch_credit = static_cast<std::uint32_t>(rng.between(1, 4000));
  return group;
}

NetworkPlan draw_network(Rng& rng) {
  NetworkPlan plan;
  plan.delay_max = rng.pick(std::array<Duration, 4>{300us, 2ms, 20ms, 200ms});
  plan.subscribe_max = rng.pick(std::array<Duration, 3>{1ms, 20ms, 300ms});
  if (rng.chance(0.5)) {
    plan.cut_every = rng.pick(std::array<Duration, 3>{300ms, 1s, 4s});
    plan.cut_max = rng.pick(std::array<Duration, 3>{5ms, 300ms, 2s});
    if (rng.chance(0.3)) plan.long_cut = 0.1;
    if (rng.chance(0.5)) plan.late = 0.5;
  }
  if (rng.chance(0.3)) plan.lose = rng.pick(std::array{0.01, 0.1, 0.3});
  if (rng.chance(0.3)) plan.repeat = rng.pick(std::array{0.01, 0.2});
  if (rng.chance(0.4)) plan.live_drop = rng.pick(std::array{0.01, 0.1, 0.5});
  if (rng.chance(0.2)) plan.live_pipe = static_cast<std::size_t>(rng.between(1, 10));
  return plan;
}

ProcessPlan draw_process(Rng& rng) {
  ProcessPlan plan;
  if (rng.chance(0.4)) plan.publisher_crash_every = rng.pick(std::array<Duration, 2>{1s, 5s});
  if (rng.chance(0.4)) plan.member_crash_every = rng.pick(std::array<Duration, 2>{700ms, 4s});
  if (rng.chance(0.25)) plan.publisher_restart_every = rng.pick(std::array<Duration, 2>{2s, 6s});
  if (rng.chance(0.25)) plan.member_restart_every = rng.pick(std::array<Duration, 2>{1s, 5s});
  plan.down_max = rng.pick(std::array<Duration, 3>{10ms, 1s, 8s});
  if (rng.chance(0.25)) plan.crash_inside = rng.pick(std::array{0.001, 0.01});
  if (rng.chance(0.3)) {
    plan.stop_every = rng.pick(std::array<Duration, 2>{1s, 4s});
    plan.stop_max = rng.pick(std::array<Duration, 2>{50ms, 800ms});
    if (rng.chance(0.4)) plan.long_stop = 0.2;
  }
  if (rng.chance(0.15)) plan.clock_jump_every = rng.pick(std::array<Duration, 2>{1s, 5s});
  return plan;
}

DiskPlan draw_disk(Rng& rng, const TrafficPlan& traffic) {
  DiskPlan plan;
  if (rng.chance(0.4)) {
    plan.durability = mesh::Durability::os;
    if (rng.chance(0.5)) plan.power_loss = 0.5;
  }
  if (rng.chance(0.2)) plan.append_fails = rng.pick(std::array{0.01, 0.1});
  if (rng.chance(0.2)) plan.state_fails = rng.pick(std::array{0.01, 0.1, 0.3});
  if (rng.chance(0.2)) plan.full_every = rng.pick(std::array<Duration, 2>{1s, 4s});
  plan.segment_size = std::max<std::uint64_t>(
      2000, traffic.events * (traffic.payload_max / 2 + 80) / static_cast<std::uint64_t>(rng.between(1, 20)));
  plan.read_max = rng.pick(std::array<Duration, 3>{100us, 5ms, 100ms});
  return plan;
}

HandlerPlan draw_handlers(Rng& rng) {
  HandlerPlan plan;
  plan.time_max = rng.pick(std::array<Duration, 4>{50us, 500us, 3ms, 20ms});
  if (rng.chance(0.3)) plan.slow = 0.02;
  if (rng.chance(0.2)) plan.extending = 0.01;
  if (rng.chance(0.25)) plan.hanging = 0.01;
  if (rng.chance(0.5)) plan.failing = rng.pick(std::array{0.02, 0.1, 0.4});
  if (rng.chance(0.4)) plan.poison = rng.pick(std::array{0.01, 0.05});
  if (rng.chance(0.3)) plan.parking = 0.02;
  if (rng.chance(0.2)) plan.killing = 0.01;
  if (rng.chance(0.2)) plan.murderous = 0.006;
  if (rng.chance(0.3)) plan.delayed = 0.3;
  return plan;
}

mesh::RetentionPolicy draw_retention(Rng& rng, const DiskPlan& disk) {
  mesh::RetentionPolicy policy;
  if (rng.chance(0.35)) {
    policy.bytes_max = disk.segment_size * static_cast<std::uint64_t>(rng.between(2, 5));
    if (rng.chance(0.5)) policy.on_limit = mesh::RetentionPolicy::OnLimit::drop_oldest;
  }
  if (rng.chance(0.12)) policy.age_max = rng.pick(std::array<Duration, 2>{1s, 6s});
  if (rng.chance(0.2)) policy.settled_keep = 3s;
  return policy;
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed, Plant plant) {
  Rng rng(mix(seed));
  Scenario run;
  run.seed = seed;
  run.plant = plant;
  run.publishers = rng.chance(0.3) ? 2 : 1;

  auto& traffic = run.traffic;
  traffic.events = static_cast<unsigned>(rng.chance(0.1) ? rng.between(500, 1000) : rng.between(40, 400));
  traffic.keys = static_cast<unsigned>(rng.pick(std::array{0, 1, 4, 20}));
  traffic.keyless = rng.pick(std::array{0.0, 0.2, 0.8});
  traffic.burst_max = static_cast<unsigned>(rng.pick(std::array{1, 8, 60}));
  traffic.payload_max = rng.pick(std::array<std::size_t, 3>{40, 400, 3000});
  traffic.story_order = rng.chance(0.5);
  const Duration span = rng.pick(std::array<Duration, 3>{2s, 8s, 20s});
  traffic.pause = span * static_cast<int>((traffic.burst_max + 1) / 2) / static_cast<int>(traffic.events);
  run.ends = span;

  const auto groups = static_cast<unsigned>(rng.between(1, 4));
  for (unsigned number = 0; number < groups; ++number) run.groups.push_back(draw_group(rng, number, span));
  Rng orders(mix(seed ^ 0x6f72646572));
  for (auto& group : run.groups) {
    if (!orders.chance(0.5)) continue;
    group.policy.order = mesh::Order::key;
    if (orders.chance(0.3)) group.policy.on_park = mesh::OnPark::park_key;
    run.quiet_within = std::max(run.quiet_within, 600s + line_of_retries(group.policy, traffic));
  }
  run.watchers = rng.chance(0.15) ? 1 : 0;
  run.network = draw_network(rng);
  run.process = draw_process(rng);
  run.disk = draw_disk(rng, traffic);
  run.handlers = draw_handlers(rng);
  if (rng.chance(0.5)) run.operators.every = rng.pick(std::array<Duration, 2>{500ms, 3s});
  if (rng.chance(0.4)) run.operators.command = 0.6;
  run.retention = draw_retention(rng, run.disk);
  Rng owing(mix(seed ^ 0x6f776564));
  if (run.retention.bytes_max < (1ull << 32) && owing.chance(0.4)) {
    for (const auto& group : run.groups) {
      if (owing.chance(0.5)) run.retention.owed_to.push_back(group.name);
    }
  }
  // So that what is fetched takes several answers, and is read ahead.
  Rng credits(mix(seed ^ 0x6372656469));
  if (credits.chance(0.5)) run.fetch_credit_min = static_cast<std::size_t>(credits.between(100, 5000));
  if (orders.chance(0.2)) run.handlers.declining = 0.02;
  run.lease = rng.pick(std::array<Duration, 2>{2s, 5s});
  if (run.operators.every > 0s && orders.chance(0.4)) {
    run.operators.command = 0.6;
    run.operators.lease = 0.6;
    run.process.down_max = 8s;
    run.process.member_restart_every = 2s;
  }
  return run;
}

bool Scenario::without_crashes() const {
  return process.publisher_crash_every == 0s && process.member_crash_every == 0s &&
         process.crash_inside == 0 && process.stop_every == 0s && network.long_cut == 0 &&
         handlers.killing == 0 && handlers.murderous == 0;
}

std::string Scenario::describe() const {
  std::string text = std::to_string(publishers) + " publisher(s), " + std::to_string(traffic.events) +
                     " events in " + std::to_string(ends / 1s) + " s, groups:";
  for (const auto& group : groups) {
    text += " " + group.name + "[";
    for (const auto& prefix : group.prefixes) text += "'" + prefix + "' ";
    if (group.members > 1) text += std::to_string(group.members) + " members ";
    text += "x" + std::to_string(group.concurrency) + (group.use_live ? "" : " direct") +
            (group.policy.order == mesh::Order::key ? " in-order" : "") +
            (group.policy.on_park == mesh::OnPark::park_key ? " parking-keys" : "") + " attempts " +
            std::to_string(group.policy.attempts_max) + "]";
  }
  const auto evil = [&](const char* name, bool present) {
    if (present) text += std::string(" ") + name;
  };
  text += "; evils:";
  evil("cuts", network.cut_every > 0s);
  evil("long-cuts", network.long_cut > 0);
  evil("loss", network.lose > 0);
  evil("repeats", network.repeat > 0);
  evil("live-drops", network.live_drop > 0);
  evil("small-pipes", network.live_pipe < 100);
  evil("publisher-crashes", process.publisher_crash_every > 0s);
  evil("crashes-inside", process.crash_inside > 0);
  evil("member-crashes", process.member_crash_every > 0s);
  evil("restarts", process.publisher_restart_every > 0s || process.member_restart_every > 0s);
  evil("stops", process.stop_every > 0s);
  evil("long-stops", process.long_stop > 0);
  evil("clock-jumps", process.clock_jump_every > 0s);
  evil("os", disk.durability == mesh::Durability::os);
  evil("power-loss", disk.power_loss > 0);
  evil("append-fails", disk.append_fails > 0);
  evil("state-fails", disk.state_fails > 0);
  evil("disk-full", disk.full_every > 0s);
  evil("failing", handlers.failing > 0);
  evil("poison", handlers.poison > 0);
  evil("parking", handlers.parking > 0);
  evil("hanging", handlers.hanging > 0);
  evil("declining", handlers.declining > 0);
  evil("killers", handlers.killing > 0 || handlers.murderous > 0);
  evil("operators", operators.every > 0s);
  evil("leases", operators.lease > 0);
  evil("size-limit", retention.bytes_max < (1ull << 32));
  evil("drop-oldest", retention.on_limit == mesh::RetentionPolicy::OnLimit::drop_oldest);
  evil("owed-to-some", !retention.owed_to.empty());
  evil("age-limit", retention.age_max.has_value());
  return text;
}

}  // namespace sim
