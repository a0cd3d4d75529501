// sim: the whole mesh in one process, from one seed, in virtual time. See --help.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "runner.hpp"

namespace {

using namespace sim;

constexpr const char* help =
    R"(sim: plays the whole mesh from a seed, in virtual time, and checks every promise after every step

  sim --seeds N [--from S] [--time-limit SECONDS] [--at-least M] [--processes P] [--all]
        runs the seeds S, S+1, ... (S is 1 unless given); ends at the first broken promise, or, with --all,
        tells every seed that breaks one in a line; a time limit that leaves less than M seeds is a failure
  sim --seed N [--trace]
        replays one seed; with --trace every message, commit, handling and crash is printed
  sim --plant FAULT (--seeds N [--from S] | --seed N [--trace])
        plants a fault that the checker must find:
          send_before_commit   events go out before they are on disk
          ack_before_handler   deliveries are acknowledged before their handlers run
          no_chain_check       losses on the live stream stay unseen
          attempt_not_persisted  failed attempts are not written down
          no_fencing           slots are taken from members within their lease
          slots_before_release  slots are given on as soon as they are asked back
          suspects_in_bulk     suspects are given out all at once
          successors_first     events do not wait for those of their key that wait for a retry
  sim --same N [--from S]
        plays each of N seeds twice: both must give the same trace
  sim --help

Exit status: 0 all promises held (with --plant: the fault was found); 1 a promise broke (with --plant: the
fault was not found); 2 a wrong command line.
)";

struct Options {
  Plan plan;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> same;
  std::uint64_t at_least = 0;
  bool trace = false;
};

std::optional<Plant> plant_named(std::string_view name) {
  if (name == "send_before_commit") return Plant::send_before_commit;
  if (name == "ack_before_handler") return Plant::ack_before_handler;
  if (name == "no_chain_check") return Plant::no_chain_check;
  if (name == "attempt_not_persisted") return Plant::attempt_not_persisted;
  if (name == "no_fencing") return Plant::no_fencing;
  if (name == "slots_before_release") return Plant::slots_before_release;
  if (name == "suspects_in_bulk") return Plant::suspects_in_bulk;
  if (name == "successors_first") return Plant::successors_first;
  return std::nullopt;
}

std::optional<Options> parse(int count, char** words) {
  Options options;
  options.plan.processes = static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  options.plan.progress = isatty(STDERR_FILENO) != 0;
  for (int at = 1; at < count; ++at) {
    const std::string_view word = words[at];
    if (word == "--trace" || word == "--all") {
      (word == "--trace" ? options.trace : options.plan.all) = true;
      continue;
    }
    if (at + 1 >= count) return std::nullopt;
    const char* value = words[++at];
    char* end = nullptr;
    const auto number = std::strtoull(value, &end, 10);
    const bool is_number = *value != '\0' && *end == '\0';
    if (word == "--plant") {
      const auto plant = plant_named(value);
      if (!plant) return std::nullopt;
      options.plan.plant = *plant;
    } else if (!is_number) {
      return std::nullopt;
    } else if (word == "--seeds") {
      options.plan.seeds = number;
    } else if (word == "--from") {
      options.plan.from = number;
    } else if (word == "--time-limit") {
      options.plan.time_limit = static_cast<double>(number);
    } else if (word == "--at-least") {
      options.at_least = number;
    } else if (word == "--processes") {
      options.plan.processes = static_cast<unsigned>(number);
    } else if (word == "--seed") {
      options.seed = number;
    } else if (word == "--same") {
      options.same = number;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

void print_failure(std::uint64_t seed, const Verdict& verdict, std::size_t lines) {
  const auto begin = verdict.tail.size() > lines ? verdict.tail.size() - lines : 0;
  for (std::size_t at = begin; at < verdict.tail.size(); ++at) std::printf("%s\n", verdict.tail[at].c_str());
  std::printf("\nseed %llu, virtual time %s s: broken: %s\n%s\n", static_cast<unsigned long long>(seed),
              seconds(verdict.when).c_str(), verdict.promise.c_str(), verdict.what.c_str());
}

int replay(std::uint64_t seed, Plant plant, bool trace) {
  Simulation simulation(seed, plant, trace ? Trace::Mode::print : Trace::Mode::tail);
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
              simulation.scenario().describe().c_str());
  const auto verdict = simulation.run();
  std::printf("trace hash %016llx: %s\n", static_cast<unsigned long long>(verdict.hash),
              to_text(verdict.tally).c_str());
  if (!verdict.ok) print_failure(seed, verdict, 60);
  const bool planted = plant != Plant::none;
  return verdict.ok != planted ? 0 : 1;
}

int play_twice(std::uint64_t from, std::uint64_t seeds) {
  for (auto seed = from; seed < from + seeds; ++seed) {
    const auto once = Simulation(seed, Plant::none, Trace::Mode::hash).run().hash;
    // The second time with a kept trace: looking must not change what is looked at.
    const auto again = Simulation(seed, Plant::none, Trace::Mode::tail).run().hash;
    if (once == again) continue;
    std::printf("seed %llu: two runs differ: %016llx and %016llx\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(once), static_cast<unsigned long long>(again));
    return 1;
  }
  std::printf("%llu seeds gave the same trace twice\n", static_cast<unsigned long long>(seeds));
  return 0;
}

int play_many(const Plan& plan, std::uint64_t at_least) {
  const auto summary = run_many(plan);
  std::printf("%s in %.1f s\n", to_text(summary.tally).c_str(), summary.seconds);
  if (!summary.failed_seed && summary.tally.seeds < at_least) {
    std::printf("only %llu seeds were played, of %llu at least\n",
                static_cast<unsigned long long>(summary.tally.seeds),
                static_cast<unsigned long long>(at_least));
    return 1;
  }
  if (!summary.failed_seed) return plan.plant == Plant::none ? 0 : 1;
  const auto seed = *summary.failed_seed;
  if (!summary.failure.empty()) {
    std::printf("seed %llu: %s; replay with --seed %llu --trace\n", static_cast<unsigned long long>(seed),
                summary.failure.c_str(), static_cast<unsigned long long>(seed));
    return 1;
  }
  const auto verdict = Simulation(seed, plan.plant, Trace::Mode::tail).run();
  print_failure(seed, verdict, plan.plant == Plant::none ? 40 : 5);
  return plan.plant == Plant::none ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  if (count >= 2 && std::strcmp(words[1], "--help") == 0) {
    std::fputs(help, stdout);
    return 0;
  }
  const auto options = count > 1 ? parse(count, words) : std::nullopt;
  if (!options) {
    std::fputs(help, stderr);
    return 2;
  }
  if (options->seed) return replay(*options->seed, options->plan.plant, options->trace);
  if (options->same) return play_twice(options->plan.from, *options->same);
  return play_many(options->plan, options->at_least);
}
