#include <tools/zmesh/bench/commits.hpp>

#include <chrono>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {

using namespace std::chrono_literals;

std::optional<Sample> run_commits(const Bench& bench, BenchChild child) {
  const BenchScratch scratch(bench.options.directory);
  if (scratch.path().empty()) return {};
  child.place = scratch.path() + "/journal";
  Cast cast(bench.interrupt);
  const auto result = cast.next(cast.start(child), 300s);
  if (!result || !cast.finish()) return {};
  const auto published = result->at("published").get<std::uint64_t>();
  if (published != child.events / child.threads * child.threads) {
    complain("committed " + std::to_string(published) + " events of " + std::to_string(child.events));
    return {};
  }
  const auto spent = result->at("end_ns").get<std::uint64_t>() - result->at("start_ns").get<std::uint64_t>();
  const auto events = static_cast<double>(published);
  return Sample{{"events_per_second", events / (static_cast<double>(spent) / 1e9)},
                {"p50_us", result->at("p50_ns").get<double>() / 1e3},
                {"p99_us", result->at("p99_ns").get<double>() / 1e3},
                {"max_us", result->at("max_ns").get<double>() / 1e3},
                {"cpu_seconds_per_million", result->at("cpu_seconds").get<double>() / (events / 1e6)}};
}

}  // namespace zmesh
