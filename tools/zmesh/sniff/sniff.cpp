#include <tools/zmesh/sniff/sniff.hpp>

#include <sys/resource.h>

#include <chrono>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/sniff/lanes.hpp>
#include <tools/zmesh/sniff/outcomes.hpp>
#include <tools/zmesh/sniff/output.hpp>
#include <tools/zmesh/sniff/writer.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t items_at_once = 1024;

class Sniffer {
 public:
  Sniffer(const SniffOptions& options, const std::vector<SourceOptions>& sources, const Filter& filter,
          SniffWriter writer, Interrupt& interrupt)
      : options_(options),
        interrupt_(interrupt),
        writer_(std::move(writer)),
        output_(interrupt),
        lanes_(sources.size(), bounds(options)) {
    for (std::size_t lane = 0; lane < sources.size(); ++lane) {
      sources_.push_back(std::make_unique<Source>(sources[lane], filter, lanes_, lane));
      sources_.back()->start();
      const bool for_people =
          options.form == SniffOptions::Form::text || options.form == SniffOptions::Form::hex;
      if (!options.marks || !for_people || !sources[lane].follow || sources[lane].endpoint.empty()) continue;
      watches_.push_back(std::make_unique<OutcomeWatch>(
          sources[lane].endpoint, [this, lane](const auto& name, const auto& text) {
            SniffItem mark;
            mark.source = std::make_shared<SourceName>(SourceName{{}, "", name});
            mark.mark = text;
            lanes_.push_mark(lane, std::move(mark));
          }));
    }
  }

  ExitCode run() {
    const bool finished = loop();
    lanes_.close();
    for (auto& source : sources_) source->stop();
    watches_.clear();
    sources_.clear();
    if (!output_.failed()) output_.flush();
    tell_left_out();
    if (output_.failed()) return report_stdout();
    if (error_) return report(*error_);
    if (!finished && options_.count > 0 && !interrupt_.requested()) return ExitCode::nothing;
    return options_.wait && shown_ == 0 && !interrupt_.requested() ? ExitCode::nothing : ExitCode::ok;
  }

 private:
  /// Where there is a place to begin, nothing may be missing; a tail of what comes goes on with the newest.
  static Lanes::Bounds bounds(const SniffOptions& options) {
    Lanes::Bounds bounds;
    bounds.lossy =
        !options.complete && !options.start.from && options.start.last == 0 && options.journals.empty();
    return bounds;
  }

  /// Until the end of all sources, --count, --wait or an interrupt; true: as asked.
  bool loop() {
    auto last_event = Clock::now();
    std::vector<SniffItem> items;
    while (!interrupt_.requested()) {
      items.clear();
      const bool more = lanes_.take(items, items_at_once, 100ms);
      for (std::size_t at = 0; at < items.size(); ++at) {
        if (!show(items[at])) {
          for (++at; at < items.size(); ++at) unshown_ += items[at].left_out + (items[at].is_mark() ? 0 : 1);
          return true;
        }
        if (!items[at].is_mark()) last_event = Clock::now();
      }
      if (items.size() < items_at_once && !flush()) return true;
      if (!more) {
        find_error();
        return options_.count == 0;
      }
      if (items.empty() && interrupt_.wait(0s)) return true;
      if (options_.wait && Clock::now() - last_event > *options_.wait) return options_.count == 0;
    }
    return true;
  }

  /// False: that was the last one.
  bool show(const SniffItem& item) {
    if (item.left_out > 0) {
      left_out_ += item.left_out;
      writer_.append_mark(
          output_.text(), "",
          "left out: " + std::to_string(item.left_out) + " events, as the output is too slow");
    }
    if (item.is_mark()) {
      writer_.append_mark(output_.text(), item.source->name, item.mark);
      return flush_some();
    }
    writer_.append(output_.text(), item);
    output_.event_ends();
    ++shown_;
    return flush_some() && shown_ != options_.count;
  }

  bool flush_some() { return output_.offer() || stuck(); }

  bool flush() { return output_.flush() || stuck(); }

  /// A flush that did not go through is the end.
  bool stuck() {
    interrupt_.request();
    return false;
  }

  void find_error() {
    for (const auto& source : sources_) {
      if (auto error = source->error(); error && !error_) error_ = std::move(error);
    }
  }

  void tell_left_out() {
    const auto stuck = output_.stuck();
    // Also what still lay in the lanes when the end came.
    const auto sum = left_out_ + lanes_.left_out() + stuck + (stuck > 0 ? unshown_ + lanes_.queued() : 0);
    if (sum > 0)
      warn("left out " + std::to_string(sum) + " events of " + std::to_string(sum + output_.written()) +
           ": the output was too slow");
    if (options_.verbose) say("showed " + std::to_string(output_.written()) + " events");
  }

  const SniffOptions& options_;
  Interrupt& interrupt_;
  SniffWriter writer_;
  SniffOutput output_;
  Lanes lanes_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::unique_ptr<OutcomeWatch>> watches_;
  std::optional<mesh::Error> error_;
  std::uint64_t shown_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t unshown_ = 0;  ///< taken from the lanes when the end came
};

}  // namespace

ExitCode sniff(const SniffOptions& options) {
  const auto filter = Filter::make(options.filter);
  if (!filter) return report(filter.error());
  auto writer = SniffWriter::make(options);
  if (!writer) return report(writer.error());
  Interrupt interrupt;
  interrupt.watch_stdout();
  // Whoever watches waits for those who work.
  ::setpriority(PRIO_PROCESS, 0, 10);
  const auto sources = resolve_sources(options);
  if (!sources) return report(sources.error());
  return Sniffer(options, *sources, *filter, std::move(*writer), interrupt).run();
}

}  // namespace zmesh
