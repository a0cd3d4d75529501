#include <chrono>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/bench/stream.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

std::optional<Sample> run_catchup(const Bench& bench, const BenchChild& settings) {
  const BenchScratch scratch(bench.options.directory);
  if (scratch.path().empty()) return {};
  auto child = settings;
  child.role = "mesh-catchup";
  child.place = scratch.path() + "/journal";
  Cast cast(bench.interrupt);
  auto& publisher = cast.start(child);
  const auto ready = cast.next(publisher, 300s);
  if (!ready) return {};
  child.role = "mesh-newcomer";
  child.place = ready->at("ready").get<std::string>();
  child.rate = 0;  // its payloads hold no time
  auto& newcomer = cast.start(child);
  const auto caught_up = cast.next(newcomer, 300s);
  if (!caught_up) return {};
  publisher.process.go_on();
  const auto published = cast.next(publisher, 120s);
  if (!published) return {};
  newcomer.process.go_on();
  const auto received = cast.next(newcomer, 30s);
  if (!received || !cast.finish()) return {};

  const auto expected = Workload(child).expected("", published->at("published").get<std::uint64_t>());
  if (received->at("events").get<std::uint64_t>() != expected.events ||
      received->at("sum").get<std::uint64_t>() != expected.sum) {
    complain("the new group handled " + received->at("events").dump() + " events of " +
             std::to_string(expected.events) + ", or not the ones that were published");
    return {};
  }
  const auto handled = caught_up->at("handled").get<double>();
  const auto spent =
      caught_up->at("end_ns").get<std::uint64_t>() - caught_up->at("start_ns").get<std::uint64_t>();
  Sample sample = {{"events_per_second", handled / (static_cast<double>(spent) / 1e9)},
                   {"confirm_p99_us", published->at("p99_ns").get<double>() / 1e3},
                   {"quiet_confirm_p99_us", published->at("quiet_p99_ns").get<double>() / 1e3},
                   {"confirm_p99_of_quiet",
                    published->at("p99_ns").get<double>() / published->at("quiet_p99_ns").get<double>()},
                   {"cpu_seconds_per_million", (published->at("cpu_seconds").get<double>() +
                                                caught_up->at("cpu_seconds").get<double>()) /
                                                   (handled / 1e6)}};
  add_memory(sample, "publisher", publisher.peak.anonymous, *published);
  add_memory(sample, "consumer", newcomer.peak.anonymous, *caught_up);
  return sample;
}

}  // namespace

Scenario catchup_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = stream_metrics();
  scenario.metrics[0].ratio = "of_line";
  scenario.metrics[0].ratio_heading = "OF LINE";
  scenario.metrics[1] = {"confirm_p99_us", "CONFIRM P99 US", 0};
  scenario.metrics[2].ratio.clear();
  scenario.metrics.insert(scenario.metrics.begin() + 2,
                          {{"quiet_confirm_p99_us", "QUIET", 0}, {"confirm_p99_of_quiet", "OF QUIET", 2}});
  scenario.note =
      "a new group takes a backlog while 50,000 events/s are published; CONFIRM: publish() and wait "
      "meanwhile, "
      "QUIET: before it came";
  for (const std::string name : {"os", "disk"}) {
    const auto base = scenario.modes.size();
    const auto line = stream_of(name, bench.events(2'000'000), bench.size());
    scenario.modes.push_back(
        {name + "-line", "one group that is there from the start", {}, base, [&bench, line] {
           return run_stream(bench, line);
         }});
    auto child = line.publisher;
    child.backlog = bench.backlog(5'000'000);
    child.rate = 50'000;
    child.keep = true;
    child.seconds = bench.options.quick || bench.options.events ? 0.3 : 2;
    scenario.modes.push_back(
        {name, "a new group over " + std::to_string(child.backlog) + " events", {}, base, [&bench, child] {
           return run_catchup(bench, child);
         }});
  }
  return scenario;
}

}  // namespace zmesh
