#include <tools/zmesh/sniff/stream.hpp>

#include <sys/resource.h>

#include <chrono>

#include <tools/zmesh/sniff/lanes.hpp>
#include <tools/zmesh/sniff/outcomes.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t items_at_once = 1024;

class Stream {
 public:
  Stream(const StreamOptions& options, const std::vector<SourceOptions>& sources, const Filter& filter,
         StreamSink& sink, Interrupt& interrupt)
      : options_(options), sink_(sink), interrupt_(interrupt), lanes_(sources.size(), bounds(options)) {
    for (std::size_t lane = 0; lane < sources.size(); ++lane) {
      sources_.push_back(std::make_unique<Source>(sources[lane], filter, lanes_, lane));
      sources_.back()->start();
      if (!options.outcomes || !sources[lane].follow || sources[lane].endpoint.empty()) continue;
      watches_.push_back(std::make_unique<OutcomeWatch>(
          sources[lane].endpoint, [this, lane](const auto& name, const auto& text) {
            SniffItem mark;
            mark.source = std::make_shared<SourceName>(SourceName{{}, "", name});
            mark.mark = text;
            lanes_.push_mark(lane, std::move(mark));
          }));
    }
  }

  StreamEnd run() {
    loop();
    end_.left_out += lanes_.left_out();
    end_.waiting += lanes_.queued();
    lanes_.close();
    for (auto& source : sources_) source->stop();
    watches_.clear();
    sources_.clear();
    return end_;
  }

 private:
  /// Where there is a place to begin, nothing may be missing; a tail of what comes goes on with the newest.
  static Lanes::Bounds bounds(const StreamOptions& options) {
    Lanes::Bounds bounds;
    bounds.lossy =
        !options.complete && !options.start.from && options.start.last == 0 && options.journals.empty();
    return bounds;
  }

  void loop() {
    auto last_event = Clock::now();
    std::vector<SniffItem> items;
    while (!interrupt_.requested()) {
      items.clear();
      const bool more = lanes_.take(items, items_at_once, 100ms);
      for (std::size_t at = 0; at < items.size(); ++at) {
        if (!give(items[at])) {
          for (++at; at < items.size(); ++at)
            end_.waiting += items[at].left_out + (items[at].is_mark() ? 0 : 1);
          return;
        }
        if (!items[at].is_mark()) last_event = Clock::now();
      }
      if (items.size() < items_at_once && !sink_.pause()) {
        end_.refused = true;
        return;
      }
      if (!more) {
        find_error();
        end_.complete = options_.count == 0;
        return;
      }
      if (items.empty() && interrupt_.wait(0s)) return;
      if (options_.wait && Clock::now() - last_event > *options_.wait) return;
    }
  }

  /// False: that was the last one.
  bool give(const SniffItem& item) {
    if (item.left_out > 0) {
      end_.left_out += item.left_out;
      sink_.mark("", "left out: " + std::to_string(item.left_out) + " events, as the output is too slow");
    }
    if (item.is_mark()) {
      sink_.mark(item.source->name, item.mark);
      return true;
    }
    ++end_.events;
    if (!sink_.event(item)) {
      end_.refused = true;
      return false;
    }
    end_.complete = end_.events == options_.count;
    return !end_.complete;
  }

  void find_error() {
    for (const auto& source : sources_) {
      if (auto error = source->error(); error && !end_.error) end_.error = std::move(error);
    }
  }

  const StreamOptions& options_;
  StreamSink& sink_;
  Interrupt& interrupt_;
  Lanes lanes_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<OutcomeWatch>> watches_;
  StreamEnd end_;
};

}  // namespace

mesh::Result<StreamEnd> run_stream(const StreamOptions& options, StreamSink& sink, Interrupt& interrupt) {
  const auto filter = Filter::make(options.filter);
  if (!filter) return filter.error();
  // Whoever watches waits for those who work.
  ::setpriority(PRIO_PROCESS, 0, 10);
  const auto sources = resolve_sources(options);
  if (!sources) return sources.error();
  return Stream(options, *sources, *filter, sink, interrupt).run();
}

}  // namespace zmesh
