// zmesh-compare: the same work on the mesh, on raw ZeroMQ and on other products, in one interleaved run.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include <tools/bench/compare/peer.hpp>
#include <tools/zmesh/bench/stream.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

/// The first line a command prints.
std::string first_line(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 200> text{};
  if (output == nullptr || std::fgets(text.data(), text.size(), output.get()) == nullptr) return "unknown";
  std::string line = text.data();
  return line.substr(0, line.find('\n'));
}

std::optional<Sample> run_ours(const Bench& bench, const BenchStream& stream) {
  auto sample = run_stream(bench, stream);
  if (sample) (*sample)["memory_mib"] = sample->at("publisher_rss_mib") + sample->at("consumer_rss_mib");
  return sample;
}

struct Ours {
  const char* name;
  const char* title;
};

constexpr std::array ours = {
    Ours{"zmq", "one ZeroMQ PUB/SUB message per event, no journal, no acknowledgement"},
    Ours{"os", "zmesh, durability os"}, Ours{"disk", "zmesh, durability disk"}};

/// All modes of one size or rate; a ratio says how many times as much zmesh of equal durability has.
void add_modes(const Bench& bench, Scenario& scenario, std::uint32_t size, std::uint64_t rate) {
  const auto first = scenario.modes.size();
  const std::uint64_t seconds = bench.options.quick ? 1 : 5;
  const auto label = rate > 0 ? std::pair<std::string, std::uint64_t>{"rate", rate}
                              : std::pair<std::string, std::uint64_t>{"payload_bytes", size};
  for (const auto& [name, title] : ours) {
    auto stream = stream_of(name, bench.events(rate > 0 ? rate * seconds : 2'000'000), size);
    stream.publisher.rate = stream.consumers.front().rate = static_cast<double>(rate);
    const auto base = std::string_view(name) == "disk" ? first + 2 : first + 1;
    scenario.modes.push_back(
        {name, title, {label}, base, [&bench, stream] { return run_ours(bench, stream); }});
  }
  for (const auto& peer : peers()) {
    auto child =
        stream_of(peer.synced ? "disk" : "os", bench.events(rate > 0 ? rate * seconds : peer.events), size)
            .publisher;
    child.rate = static_cast<double>(rate);
    scenario.modes.push_back(
        {peer.name, peer.title, {label}, peer.synced ? first + 2 : first + 1, [&bench, &peer, child] {
           return run_peer(bench, peer, child);
         }});
  }
}

ExitCode compare(BenchOptions options) {
  const Interrupt interrupt;
  if (options.quick) {
    options.runs = std::min(options.runs, 3U);
    options.events = std::min<std::uint64_t>(options.events.value_or(20'000), 20'000);
  }
  const Bench bench{options, interrupt};
  Scenario scenario;
  for (const auto& peer : peers()) {
    if (!peer.version_command.empty())
      scenario.versions.emplace_back(peer.client, first_line(peer.version_command));
  }
  scenario.note = "OF ZMESH: compared with zmesh at equal durability (page cache: os; synced: disk)";
  if (options.scenario == "throughput") {
    scenario.metrics = {{"events_per_second", "EVENTS/S", 0, "of_zmesh", "OF ZMESH"},
                        {"cpu_seconds_per_million", "CPU S/M", 3, "cpu_of_zmesh", "OF ZMESH"},
                        {"memory_mib", "MIB", 0}};
    for (const auto size : bench.sizes()) add_modes(bench, scenario, size, 0);
  } else {
    scenario.metrics = {{"p50_us", "P50 US", 1, "p50_of_zmesh", "OF ZMESH"},
                        {"p99_us", "P99 US", 1, "p99_of_zmesh", "OF ZMESH"},
                        {"max_us", "MAX US", 0},
                        {"cpu_seconds_per_million", "CPU S/M", 2}};
    for (const std::uint64_t rate : {1000, 5000}) add_modes(bench, scenario, bench.size(), rate);
  }
  return run_scenario(bench, std::move(scenario));
}

ExitCode compare_child(const std::string& settings) {
  auto roles = bench_roles();
  roles.insert({{"redis-publisher", redis_publisher},
                {"redis-consumer", redis_consumer},
                {"nats-publisher", nats_publisher},
                {"nats-consumer", nats_consumer},
                {"rabbit-publisher", rabbit_publisher},
                {"rabbit-consumer", rabbit_consumer}});
  return run_bench_child(settings, roles);
}

int run_compare(int argc, char** argv) {
  CLI::App app(
      "The same work on zmesh, raw ZeroMQ, NATS JetStream, Redis Streams and RabbitMQ, in one interleaved "
      "run",
      "zmesh-compare");
  app.require_subcommand(0, 1);
  BenchOptions options;
  app.add_option("scenario", options.scenario, "throughput (one publisher to one consumer) or latency")
      ->check(CLI::IsMember({"throughput", "latency"}))
      ->capture_default_str();
  app.add_option("--size", options.sizes,
                 "Payload in bytes (default 256); for throughput also several: 64,256,4096")
      ->check(CLI::Range(16, 1'000'000))
      ->delimiter(',');
  app.add_option("--events", options.events, "Events per run (default: about two seconds of each product)");
  app.add_option("--runs", options.runs, "Runs of each mode; one more comes first and is not counted")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--mode", options.modes, "Only these modes, and those they are compared with")
      ->delimiter(',');
  app.add_option("--dir", options.directory, "Where all data goes (default /var/tmp)")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--quick", options.quick, "At most 3 runs of 20,000 events");
  app.add_flag("--json", options.json, "The machine, then one object per mode");
  app.footer(
      "Servers are started on free ports of loopback in a directory of their own for every run, and stopped "
      "after.\n"
      "Every event is acknowledged by the consumer; a run ends when the last acknowledgement was taken "
      "(ZeroMQ has\n"
      "none: when the last event was there). CPU and memory are those of all processes together, servers "
      "included.\n"
      "\n"
      "  zmesh-compare\n"
      "  zmesh-compare throughput --size 64,256,4096 --json\n"
      "  zmesh-compare latency --mode os,redis-everysec");
  std::string settings;
  auto* child = app.add_subcommand("bench-child", "A measured process")->group("");
  child->add_option("settings", settings)->required();
  CLI11_PARSE(app, argc, argv);
  return static_cast<int>(child->parsed() ? compare_child(settings) : compare(options));
}

}  // namespace
}  // namespace zmesh

int main(int argc, char** argv) {
  return zmesh::run_compare(argc, argv);
}
