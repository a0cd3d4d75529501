// A publisher and members that have nothing to do.
#include <chrono>
#include <vector>

#include <mesh/consumer.hpp>
#include <tools/zmesh/bench/mesh_child.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {

using namespace std::chrono_literals;

ExitCode bench_mesh_idle(const BenchChild& child) {
  Interrupt interrupt;
  auto publisher = mesh::Publisher::open(bench_publisher_options(child));
  if (!publisher) return report(publisher.error());
  if (!print_ready(*publisher) || !wait_for_members(*publisher, child.members, interrupt)) {
    return ExitCode::failure;
  }
  interrupt.wait(1s);  // what attaching has set going is over
  if (!print_object({{"attached", child.members}})) return ExitCode::failure;
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  interrupt.wait(std::chrono::duration_cast<mesh::Duration>(std::chrono::duration<double>(child.seconds)));
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}};
  add_usage(result, cpu);
  // They were there to the end.
  if (!wait_for_members(*publisher, child.members, interrupt) || !print_object(result))
    return ExitCode::failure;
  return wait_for_members(*publisher, 0, interrupt) ? ExitCode::ok : ExitCode::failure;
}

ExitCode bench_mesh_members(const BenchChild& child) {
  Interrupt interrupt;
  std::vector<mesh::Consumer> consumers;
  for (std::uint32_t member = 0; member < child.members; ++member) {
    mesh::ConsumerOptions options;
    options.publishers = {child.place};
    options.group = child.group;
    options.on_any([](const mesh::Event&) {});
    auto consumer = mesh::Consumer::open(std::move(options));
    if (!consumer) return report(consumer.error());
    consumers.push_back(std::move(*consumer));
  }
  if (!wait_to_go_on(interrupt)) return ExitCode::failure;
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  if (!wait_to_go_on(interrupt)) return ExitCode::failure;
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}};
  add_usage(result, cpu);
  for (auto& consumer : consumers) {
    if (const auto closed = consumer.close(); !closed) return report(closed.error());
  }
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
