#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <mesh/publisher.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/record/record.hpp>
#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/sniff/topic_pattern.hpp>
#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// To a journal of its own, whose groups get them; or as lines, for a pipe into anything.
class ReplayTarget {
 public:
  ReplayTarget(const ReplayOptions& options, std::optional<mesh::Publisher> publisher)
      : options_(options), publisher_(std::move(publisher)) {}

  mesh::Result<void> add(const RecordedEvent& recorded) {
    auto event = recorded.event;
    const auto origin = recorded.origin.hex();
    const auto seq = std::to_string(recorded.seq);
    std::vector<mesh::Header> headers(event.headers.begin(), event.headers.end());
    // In a journal it is a new event, whatever relays it came through before it was recorded.
    if (publisher_) headers = unreserved_headers(event);
    if (options_.mark) {
      headers.emplace_back("replayed-origin", origin);
      headers.emplace_back("replayed-seq", seq);
    }
    event.headers = headers;
    if (publisher_) {
      const auto receipt = publisher_->publish(event);
      if (!receipt) return receipt.error();
      return {};
    }
    mesh::BatchBuilder builder(recorded.origin, mesh::encoded_size(event) + 4096);
    builder.append(std::max<mesh::Seq>(recorded.seq, 1), recorded.time, event);
    const auto batch = builder.seal();
    if (auto decoded = mesh::decode_events(batch.view(), views_); !decoded) return decoded;
    LineMarks marks{origin, "replay"};
    marks.delivery = false;
    text_ += text_.empty() ? "" : "\n";
    append_event_json(text_, views_.front(), marks);
    return text_.size() < 64 * 1024 ? mesh::Result<void>() : flush();
  }

  /// Before a wait, so that nothing is held back by it.
  mesh::Result<void> flush() {
    if (text_.empty()) return {};
    text_ += '\n';
    const bool written = write_out(text_);
    text_.clear();
    if (written) return {};
    return mesh::fail(mesh::Errc::journal_io, "stdout is gone");
  }

  mesh::Publisher* publisher() { return publisher_ ? &*publisher_ : nullptr; }

 private:
  const ReplayOptions& options_;
  std::optional<mesh::Publisher> publisher_;
  std::vector<mesh::EventView> views_;
  std::string text_;
};

mesh::Result<std::vector<TopicPattern>> replay_patterns(const ReplayOptions& options) {
  std::vector<TopicPattern> patterns;
  for (const auto& text : options.topics) {
    auto pattern = TopicPattern::parse(text);
    if (!pattern) return pattern.error();
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

mesh::Result<std::optional<mesh::Publisher>> replay_publisher(const ReplayOptions& options) {
  if (options.to.empty()) return std::optional<mesh::Publisher>();
  mesh::PublisherOptions wanted;
  wanted.journal = options.to;
  if (const auto reader = mesh::open_journal_reader(options.to)) {
    wanted.name = (*reader)->identity().name;
  } else {
    wanted.name = "replay";
  }
  wanted.control = options.control;
  wanted.event_size_max = mesh::event_size_limit;
  wanted.staging_bytes_max = mesh::event_size_limit;
  wanted.log = notices(options.verbose);
  auto publisher = mesh::Publisher::open(std::move(wanted));
  if (!publisher) return publisher.error();
  say("journal " + options.to + ", control " + publisher->control_endpoint());
  return std::optional<mesh::Publisher>(std::move(*publisher));
}

}  // namespace

ExitCode replay(const ReplayOptions& options) {
  auto pace = Pace::parse(options.rate);
  if (!pace) return report(pace.error());
  const auto patterns = replay_patterns(options);
  if (!patterns) return report(patterns.error());
  Interrupt interrupt;
  auto publisher = replay_publisher(options);
  if (!publisher) return report(publisher.error());
  ReplayTarget target(options, std::move(*publisher));
  std::error_code ignored;
  std::optional<Registration> registered;
  if (auto* running = target.publisher())
    registered.emplace(RegistryEntry{running->identity().name, running->identity().origin.hex(),
                                     running->control_endpoint(), running->events_endpoint(),
                                     std::filesystem::absolute(options.to, ignored).string(), ::getpid()});
  const auto start = Clock::now();
  std::uint64_t replayed = 0;
  const auto read = read_recording(options.file, [&](const RecordedEvent& recorded) -> mesh::Result<bool> {
    if (recorded.seq < options.from) return true;
    if (!patterns->empty() && std::none_of(patterns->begin(), patterns->end(), [&](const auto& pattern) {
          return pattern.matches(recorded.event.topic);
        }))
      return true;
    const auto due = start + pace->due(recorded.time);
    if (const auto now = Clock::now(); due > now) {
      if (auto flushed = target.flush(); !flushed) return flushed.error();
      interrupt.wait(due - now);
    }
    if (interrupt.requested()) return false;
    if (auto added = target.add(recorded); !added) return added.error();
    return ++replayed != options.count;
  });
  if (const auto flushed = target.flush(); !flushed) return report(flushed.error());
  say("replayed " + std::to_string(replayed) + " events");
  if (auto* running = target.publisher()) {
    if (const auto flushed = running->flush(60s); !flushed) return report(flushed.error());
    while (read && options.stay && !interrupt.wait(3600s)) {
    }
    if (const auto closed = running->close(); !closed) return report(closed.error());
  }
  if (!read) return report(read.error());
  return interrupt.requested() && !options.stay ? ExitCode::interrupted : ExitCode::ok;
}

}  // namespace zmesh
