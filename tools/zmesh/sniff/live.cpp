// Watching a publisher: a consumer without a group.

#include <atomic>
#include <mutex>

#include <mesh/admin.hpp>
#include <mesh/consumer.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

/// Prints the events of the one worker.
class Printer {
 public:
  Printer(const SniffOptions& options, Interrupt& interrupt) : options_(options), interrupt_(interrupt) {}

  void print(const mesh::Event& event) {
    if (ended_) return;
    line_.clear();
    const auto origin = event.origin().hex();
    LineMarks marks{origin, event.publisher_name()};
    marks.delivery = false;
    if (options_.json) {
      append_event_json(line_, event.view(), marks);
    } else {
      append_event_text(line_, event.view(), marks, colour_out());
    }
    line_ += '\n';
    if (!write_out(line_)) {
      report_stdout();
      failed_ = true;
      end();
    } else if (++printed_ == options_.count) {
      end();
    }
  }

  bool failed() const { return failed_; }

 private:
  void end() {
    ended_ = true;
    interrupt_.request();
  }

  const SniffOptions& options_;
  Interrupt& interrupt_;
  std::string line_;
  std::uint64_t printed_ = 0;
  bool ended_ = false;
  std::atomic<bool> failed_{false};
};

}  // namespace

ExitCode sniff_live(const SniffOptions& options) {
  Interrupt interrupt;
  interrupt.watch_stdout();
  {
    // A consumer waits for its publisher for ever; a person wants to know.
    auto admin = mesh::Admin::connect(options.endpoint, 3s);
    if (!admin) return report(options.endpoint, admin.error());
  }
  Printer printer(options, interrupt);
  mesh::ConsumerOptions wanted;
  wanted.publishers = {options.endpoint};
  wanted.prefixes = options.prefixes;
  wanted.start = options.from.value_or(mesh::Start{mesh::Start::Kind::latest, 0, 0});
  wanted.event_size_max = options.event_bytes_max;
  wanted.log = notices(options.verbose);
  wanted.on_any([&printer](const mesh::Event& event) { printer.print(event); });
  auto consumer = mesh::Consumer::open(std::move(wanted));
  if (!consumer) return report(consumer.error());

  auto code = ExitCode::ok;
  const bool follow = options.follow || !options.from;
  while (!interrupt.requested()) {
    if (follow) {
      interrupt.wait(3600s);
    } else if (const auto done = consumer->wait_caught_up(200ms); done) {
      break;
    } else if (done.error().code != mesh::Errc::timeout) {
      code = report(done.error());
      break;
    }
  }
  (void)consumer->close(2s);
  return printer.failed() ? ExitCode::failure : code;
}

}  // namespace zmesh
