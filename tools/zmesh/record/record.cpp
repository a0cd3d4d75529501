#include <tools/zmesh/record/record.hpp>

#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

class RecordSink final : public StreamSink {
 public:
  explicit RecordSink(RecordingWriter& writer) : writer_(writer) {}

  bool event(const SniffItem& item) override {
    return good(writer_.add(item.source->origin, item.source->name, item.event));
  }

  void mark(const std::string& name, const std::string& text) override {
    warn((name.empty() ? "" : name + ": ") + text);
  }

  /// So that somebody who reads the file meanwhile sees what has come.
  bool pause() override {
    if (writer_.events() == flushed_) return true;
    flushed_ = writer_.events();
    return good(writer_.flush());
  }

  const std::optional<mesh::Error>& error() const { return error_; }

 private:
  bool good(const mesh::Result<void>& result) {
    if (!result) error_ = result.error();
    return result.ok();
  }

  RecordingWriter& writer_;
  std::uint64_t flushed_ = 0;
  std::optional<mesh::Error> error_;
};

}  // namespace

ExitCode record(const RecordOptions& options) {
  Interrupt interrupt;
  using Mode = RecordingWriter::Mode;
  auto writer = RecordingWriter::open(options.file,
                                      options.json_lines ? RecordingForm::json_lines : RecordingForm::batches,
                                      options.append  ? Mode::append
                                      : options.force ? Mode::replace
                                                      : Mode::create);
  if (!writer) return report(writer.error());
  RecordSink sink(*writer);
  auto stream = options.stream;
  stream.complete = true;
  const auto end = run_stream(stream, sink, interrupt);
  if (const auto closed = writer->close(); !closed) return report(closed.error());
  if (!end) return report(end.error());
  say("recorded " + std::to_string(writer->events()) + " events");
  if (sink.error()) return report(*sink.error());
  if (end->error) return report(*end->error);
  const bool too_little = stream.count > 0 ? !end->complete : stream.wait && end->events == 0;
  return too_little && !interrupt.requested() ? ExitCode::nothing : ExitCode::ok;
}

ExitCode convert(const ConvertOptions& options) {
  const auto form = recording_form(options.from);
  if (!form) return report(form.error());
  const auto other = *form == RecordingForm::batches ? RecordingForm::json_lines : RecordingForm::batches;
  auto writer = RecordingWriter::open(
      options.to, other, options.force ? RecordingWriter::Mode::replace : RecordingWriter::Mode::create);
  if (!writer) return report(writer.error());
  mesh::Seq last = 0;
  const auto read = read_recording(options.from, [&](const RecordedEvent& recorded) -> mesh::Result<bool> {
    // Lines that were never events of a journal are numbered as they come.
    last = recorded.seq > 0 ? recorded.seq : last + 1;
    if (auto added = writer->add(recorded.origin, last, recorded.time, recorded.event); !added)
      return added.error();
    return true;
  });
  if (const auto closed = writer->close(); !closed) return report(closed.error());
  if (!read) return report(read.error());
  say("converted " + std::to_string(writer->events()) + " events to " +
      (other == RecordingForm::batches ? "batches" : "JSON Lines"));
  return ExitCode::ok;
}

}  // namespace zmesh
