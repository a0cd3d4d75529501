#include <tools/zmesh/sniff/sniff.hpp>

#include <algorithm>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/sniff/latency.hpp>
#include <tools/zmesh/sniff/output.hpp>
#include <tools/zmesh/sniff/writer.hpp>

namespace zmesh {
namespace {

/// To stdout, in the form that was asked for.
class SniffSink final : public StreamSink {
 public:
  SniffSink(SniffWriter writer, Interrupt& interrupt) : writer_(std::move(writer)), output_(interrupt) {}

  bool event(const SniffItem& item) override {
    if (item.arrived > 0)
      latency_.add(mesh::Duration(std::max<mesh::WallTime>(item.arrived - item.event.time, 0)));
    writer_.append(output_.text(), item);
    output_.event_ends();
    return output_.offer();
  }

  void mark(const std::string& name, const std::string& text) override {
    writer_.append_mark(output_.text(), name, text);
  }

  bool pause() override { return output_.flush(); }

  SniffOutput& output() { return output_; }

  const LatencyTally& latency() const { return latency_; }

 private:
  SniffWriter writer_;
  SniffOutput output_;
  LatencyTally latency_;
};

}  // namespace

ExitCode sniff(const SniffOptions& options) {
  auto writer = SniffWriter::make(options);
  if (!writer) return report(writer.error());
  Interrupt interrupt;
  interrupt.watch_stdout();
  SniffSink sink(std::move(*writer), interrupt);
  const auto end = run_stream(options.stream, sink, interrupt);
  if (!end) return report(end.error());
  auto& output = sink.output();
  if (!output.failed()) output.flush();
  if (output.failed()) return report_stdout();
  // Of what could not be written, and of what waited behind it, nothing was shown either.
  const auto stuck = output.stuck();
  if (const auto sum = end->left_out + (stuck > 0 ? stuck + end->waiting : 0); sum > 0)
    warn("left out " + std::to_string(sum) + " events of " + std::to_string(sum + output.written()) +
         ": the output was too slow");
  if (options.latency && sink.latency().count() > 0) say(sink.latency().summary());
  if (options.stream.verbose) say("showed " + std::to_string(output.written()) + " events");
  if (end->error) return report(*end->error);
  const bool too_little = options.stream.count > 0 ? !end->complete : options.stream.wait && end->events == 0;
  return too_little && !interrupt.requested() ? ExitCode::nothing : ExitCode::ok;
}

}  // namespace zmesh
