#include <map>

#include <tools/zmesh/bench/bench.hpp>
#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>

namespace zmesh {

void add_bench(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  auto* command =
      app.add_subcommand("bench", "Measure events per second, beside plain ZeroMQ in the same run");
  command->add_option("--events", options->events, "Events per run")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  command->add_option("--payload-bytes", options->payload_bytes, "Payload of each event")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--runs", options->runs, "Runs of each kind")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--dir", options->directory, "Where the journals go (default /var/tmp)")
      ->check(CLI::ExistingDirectory);
  command->add_flag("--quick", options->quick, "At most 3 runs of 300,000 events");
  command->add_flag("--json", options->json, "The machine, then one object per kind");
  command->footer(
      "One publisher process sends to one consumer process over tcp on loopback; with zmesh every event "
      "goes\n"
      "through the journal and is acknowledged. The kinds take turns. Takes about half a minute.\n"
      "\n"
      "  zmesh bench\n"
      "  zmesh bench --quick --json\n"
      "  zmesh bench --dir /mnt/nvme --payload-bytes 1000");
  command->callback([options, &chosen] { chosen.run = [options] { return bench(*options); }; });

  auto child = std::make_shared<BenchChild>();
  auto* hidden = app.add_subcommand("bench-child", "A measured process of bench")->group("");
  hidden->add_option("role", child->role)->required();
  hidden->add_option("place", child->place)->required();
  hidden->add_option("durability", child->durability)->required();
  hidden->add_option("events", child->events)->required();
  hidden->add_option("payload", child->payload_bytes)->required();
  hidden->callback([child, &chosen] {
    const std::map<std::string, ExitCode (*)(const BenchChild&)> roles = {
        {"mesh-publisher", bench_mesh_publisher},
        {"mesh-consumer", bench_mesh_consumer},
        {"zmq-publisher", bench_zmq_publisher},
        {"zmq-consumer", bench_zmq_consumer}};
    const auto found = roles.find(child->role);
    chosen.run = [child, role = found == roles.end() ? nullptr : found->second] {
      return role == nullptr ? ExitCode::usage : role(*child);
    };
  });
}

}  // namespace zmesh
