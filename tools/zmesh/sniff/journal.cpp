// Watching a journal from outside its process.

#include <journal/journal.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/text/event_line.hpp>

#include <algorithm>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// How often a followed journal is looked at, and how much text is gathered before it is written.
constexpr mesh::Duration follow_interval = 50ms;
constexpr std::size_t write_size = 64 * 1024;

class JournalSniffer {
 public:
  JournalSniffer(const SniffOptions& options, const mesh::Journal& journal, Interrupt& interrupt)
      : options_(options),
        journal_(journal),
        interrupt_(interrupt),
        origin_(journal.identity().origin.hex()),
        name_(journal.identity().name) {}

  ExitCode run() {
    auto after = first();
    if (!after) return report(after.error());
    after_ = *after;
    while (true) {
      const auto read = read_on();
      if (!flush()) return report_stdout();
      if (!read) return report(options_.journal, read.error());
      if (!options_.follow || ended_ || interrupt_.wait(follow_interval)) return ExitCode::ok;
    }
  }

 private:
  mesh::Result<mesh::Seq> first() const {
    const auto from = options_.from.value_or(mesh::Start{});
    switch (from.kind) {
      case mesh::Start::Kind::earliest:
        return mesh::Seq{0};
      case mesh::Start::Kind::latest:
        return journal_.head();
      case mesh::Start::Kind::seq:
        return from.seq > 0 ? from.seq - 1 : 0;
      case mesh::Start::Kind::time:
        return journal_.find_time(from.time);
    }
    return mesh::Seq{0};
  }

  /// Everything that is there by now. Text is written between visits' batches, so no read transaction is
  /// open for longer than a batch takes to format.
  mesh::Result<void> read_on() {
    // Not guided by head(): of a journal that cannot be read to its end, reading tells why.
    while (!ended_ && !interrupt_.requested()) {
      mesh::Result<void> decoded;
      const auto before = after_;
      const auto read = journal_.read(after_, [&](const mesh::BatchView& batch) {
        decoded = mesh::decode_events(batch, events_);
        if (!decoded) return false;
        for (const auto& event : events_) show(event);
        after_ = std::max(after_, batch.header.last);
        return text_.size() < write_size && !ended_;
      });
      if (!decoded) return decoded;
      if (!read) return read;
      if (text_.size() >= write_size && !flush()) return {};
      if (after_ == before) return {};
    }
    return {};
  }

  void show(const mesh::EventView& event) {
    if (ended_ || event.seq <= after_) return;
    const auto& prefixes = options_.prefixes;
    if (!prefixes.empty() && std::none_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) {
          return event.topic.starts_with(prefix);
        })) {
      return;
    }
    LineMarks marks{origin_, name_};
    marks.delivery = false;
    if (options_.json) {
      append_event_json(text_, event, marks);
    } else {
      append_event_text(text_, event, marks, colour_out());
    }
    text_ += '\n';
    if (++shown_ == options_.count) ended_ = true;
  }

  bool flush() {
    if (stdout_gone_) return false;
    stdout_gone_ = !write_out(text_);
    ended_ = ended_ || stdout_gone_;
    text_.clear();
    return !stdout_gone_;
  }

  const SniffOptions& options_;
  const mesh::Journal& journal_;
  Interrupt& interrupt_;
  const std::string origin_;
  const std::string name_;
  std::vector<mesh::EventView> events_;
  std::string text_;
  mesh::Seq after_ = 0;
  std::uint64_t shown_ = 0;
  bool ended_ = false;
  bool stdout_gone_ = false;
};

}  // namespace

ExitCode sniff_journal(const SniffOptions& options) {
  Interrupt interrupt;
  interrupt.watch_stdout();
  auto journal = mesh::open_journal_reader(options.journal);
  if (!journal) return report(options.journal, journal.error());
  return JournalSniffer(options, **journal, interrupt).run();
}

}  // namespace zmesh
