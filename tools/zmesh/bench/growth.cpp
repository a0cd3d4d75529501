#include <chrono>
#include <memory>

#include <tools/zmesh/bench/cast.hpp>
#include <tools/zmesh/bench/stream.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// A journal that is made once and used by every run.
struct LongJournal {
  std::unique_ptr<BenchScratch> scratch;
  std::string place;
};

bool fill(LongJournal& journal, const Bench& bench, const BenchChild& settings) {
  if (!journal.place.empty()) return true;
  journal.scratch = std::make_unique<BenchScratch>(bench.options.directory);
  if (journal.scratch->path().empty()) return false;
  auto child = settings;
  child.role = "mesh-fill";
  child.events = settings.backlog;
  child.place = journal.scratch->path() + "/journal";
  say("filling a journal with " + std::to_string(child.events) + " events");
  Cast cast(bench.interrupt);
  const auto filled = cast.next(cast.start(child), 600s);
  if (!filled || !cast.finish() || filled->at("published").get<std::uint64_t>() != child.events) return false;
  journal.place = child.place;
  return true;
}

}  // namespace

Scenario growth_scenario(const Bench& bench) {
  Scenario scenario;
  scenario.metrics = stream_metrics();
  scenario.metrics[0].ratio = "of_line";
  scenario.metrics[0].ratio_heading = "OF LINE";
  scenario.metrics[2].ratio.clear();
  scenario.metrics.push_back({"open_ms", "OPEN MS", 1});
  scenario.note =
      "OPEN: until the publisher had opened its journal; durability os; until the last handler, not the last "
      "acknowledgement";
  auto line = stream_of("os", bench.events(2'000'000), bench.size());
  // When everything is acknowledged can be seen only now and then where there are groups without members.
  line.until_handled = true;
  const auto add = [&](const std::string& name, const std::string& title, const BenchStream& stream) {
    scenario.modes.push_back({name, title, {}, 0, [&bench, stream] { return run_stream(bench, stream); }});
  };
  add("line", "one topic, one group, a new journal", line);
  auto groups = line;
  groups.publisher.idle_groups = 1000;
  add("groups", "1,000 idle groups beside", groups);
  auto topics = line;
  topics.publisher.topics = topics.consumers.front().topics = 100'000;
  add("topics", "100,000 topics at random", topics);

  auto grown = line;
  grown.publisher.keep = true;
  grown.publisher.backlog = bench.backlog(50'000'000);
  const auto journal = std::make_shared<LongJournal>();
  scenario.modes.push_back({"journal",
                            std::to_string(grown.publisher.backlog) + " events in the journal",
                            {},
                            0,
                            [&bench, grown, journal]() -> std::optional<Sample> {
                              if (!fill(*journal, bench, grown.publisher)) return {};
                              auto stream = grown;
                              stream.publisher.place = journal->place;
                              return run_stream(bench, stream);
                            }});
  return scenario;
}

}  // namespace zmesh
