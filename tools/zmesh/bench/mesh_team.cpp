// A publisher and the members of one group that share its work.
#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

#include <mesh/consumer.hpp>
#include <tools/zmesh/bench/mesh_child.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// Published before the members come, without payload and work: by them slots are shared out (they are given
/// by what they bring).
constexpr std::uint64_t team_warm_up = 8'000;

mesh::Result<mesh::Seq> publish_team(mesh::Publisher& publisher, Workload& workload, std::uint64_t events,
                                     bool with_payload) {
  mesh::EventInput event;
  mesh::Seq last = 0;
  for (std::uint64_t number = 0; number < events; ++number) {
    event.topic = workload.topic(number);
    event.key = workload.key(number);
    if (with_payload) event.payload = workload.payload(number);
    const auto receipt = publisher.publish(event, 60s);
    if (!receipt) return receipt.error();
    last = receipt->seq();
  }
  return last;
}

/// Until all slots are given, and evenly.
bool wait_for_shares(const mesh::Publisher& publisher, std::uint32_t members, const Interrupt& interrupt) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (std::chrono::steady_clock::now() < deadline && !interrupt.requested()) {
    const auto list = publisher.groups();
    if (list && list->groups.size() == 1 && list->groups.front().members.size() == members) {
      const auto& all = list->groups.front().members;
      if (std::all_of(all.begin(), all.end(), [&](const auto& member) {
            const auto slots = static_cast<std::uint32_t>(std::popcount(member.slots));
            return slots == mesh::slot_count / members || slots == (mesh::slot_count - 1) / members + 1;
          })) {
        return true;
      }
    }
    interrupt.wait(10ms);
  }
  if (!interrupt.requested()) complain("the slots were not shared out");
  return false;
}

}  // namespace

ExitCode bench_mesh_team(const BenchChild& child) {
  Interrupt interrupt;
  auto options = bench_publisher_options(child);
  options.groups.push_back({.name = child.group});
  auto publisher = mesh::Publisher::open(std::move(options));
  if (!publisher) return report(publisher.error());
  Workload workload(child);
  const auto warm = publish_team(*publisher, workload, team_warm_up, false);
  if (!warm) return report(warm.error());
  if (!print_ready(*publisher) || !wait_for_shares(*publisher, child.members, interrupt) ||
      !wait_for_floors(*publisher, *warm, interrupt)) {
    return ExitCode::failure;
  }
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  const auto last = publish_team(*publisher, workload, child.events, true);
  if (!last) return report(last.error());
  if (const auto settled = publisher->wait_settled(*last, 300s); !settled) {
    return report("not everything was acknowledged", settled.error());
  }
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}, {"published", child.events}};
  add_usage(result, cpu);
  if (!print_object(result) || !wait_for_members(*publisher, 0, interrupt)) return ExitCode::failure;
  const auto closed = publisher->close();
  return closed ? ExitCode::ok : report(closed.error());
}

ExitCode bench_mesh_worker(const BenchChild& child) {
  Interrupt interrupt;
  mesh::ConsumerOptions options;
  options.publishers = {child.place};
  options.group = child.group;
  if (child.direct) options.delivery = mesh::DeliveryPath::direct;
  Received received(child);
  const std::chrono::microseconds work(child.work_us);
  options.on_any([&](const mesh::Event& event) {
    if (event.payload().empty()) return;
    received.add(event.payload());
    if (work > 0us) std::this_thread::sleep_for(work);
  });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return report(consumer.error());
  const auto cpu = cpu_seconds();
  if (!wait_to_go_on(interrupt)) return ExitCode::failure;
  if (const auto closed = consumer->close(); !closed) return report(closed.error());
  auto result = received.result();
  add_usage(result, cpu);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
