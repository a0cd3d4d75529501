#include <tools/zmesh/bench/bench.hpp>
#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>

namespace zmesh {

void add_bench(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<BenchOptions>();
  auto* command =
      app.add_subcommand("bench", "Measure the mesh on this machine, beside plain ZeroMQ in the same run");
  std::vector<std::string> names;
  std::string summaries;
  for (const auto& scenario : bench_scenarios()) {
    names.emplace_back(scenario.name);
    summaries += "  " + names.back() + std::string(12 - names.back().size(), ' ') + scenario.summary + "\n";
  }
  command->add_option("scenario", options->scenario, "What is measured; see below")
      ->check(CLI::IsMember(names))
      ->type_name("SCENARIO")
      ->capture_default_str();
  command
      ->add_option("--events", options->events,
                   "Events per run (default: the scenario's; throughput: 2000000)")
      ->check(CLI::Range(std::uint64_t{100}, std::uint64_t{1'000'000'000}));
  command
      ->add_option("--size,--payload-bytes", options->sizes,
                   "Payload of each event in bytes (default 256); for throughput also several: 64,256,4096")
      ->check(CLI::Range(16, 1'000'000))
      ->delimiter(',');
  command
      ->add_option("--backlog", options->backlog,
                   "Events in the journal beforehand (default: catchup 5000000, growth 50000000;\n"
                   "with --events at most ten times as many)")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1'000'000'000}));
  command->add_option("--runs", options->runs, "Runs of each mode; one more comes first and is not counted")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--mode", options->modes, "Only these modes, and those they are compared with")
      ->delimiter(',');
  command->add_option("--dir", options->directory, "Where the journals go (default /var/tmp)")
      ->check(CLI::ExistingDirectory);
  command->add_flag("--quick", options->quick, "At most 3 runs of 300,000 events");
  command->add_flag("--json", options->json, "The machine, then one object per mode");
  command->footer(
      "Every process of a scenario is one of its own, over tcp on loopback; with zmesh every event goes "
      "through the\n"
      "journal and is acknowledged. What was handled is checked against what was published. The modes take "
      "turns.\n"
      "CPU S/M: processor seconds of all processes per million deliveries. MIB: largest memory of a process\n"
      "without the pages of the mapped journal, which the kernel takes back at will; RSS: with them.\n"
      "Half a minute to some minutes each; growth fills 15 GB.\n"
      "\n" +
      summaries +
      "\n"
      "  zmesh bench\n"
      "  zmesh bench --quick --json\n"
      "  zmesh bench throughput --size 64,4096 --mode os\n"
      "  zmesh bench latency --dir /mnt/nvme");
  command->callback([options, &chosen] { chosen.run = [options] { return bench(*options); }; });

  auto settings = std::make_shared<std::string>();
  auto* hidden = app.add_subcommand("bench-child", "A measured process of bench")->group("");
  hidden->add_option("settings", *settings)->required();
  hidden->callback(
      [settings, &chosen] { chosen.run = [settings] { return run_bench_child(*settings, bench_roles()); }; });
}

}  // namespace zmesh
