#include <tools/zmesh/pub/pub.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <mesh/publisher.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/interrupt.hpp>
#include <tools/zmesh/pub/confirmer.hpp>
#include <tools/zmesh/registry/registry.hpp>
#include <tools/zmesh/text/input_line.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/line_reader.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;
using mesh::Duration;
using mesh::Errc;

/// Complaints about single lines that are shown; the rest is only counted.
constexpr std::uint64_t complaints_max = 20;

/// The journal's own name, so that opening it without --name does not rename it.
std::string name_of(const PubOptions& options) {
  if (!options.name.empty()) return options.name;
  if (auto reader = mesh::open_journal_reader(options.journal)) return (*reader)->identity().name;
  auto last = std::filesystem::path(options.journal).lexically_normal();
  if (!last.has_filename()) last = last.parent_path();
  const auto name = last.filename().string();
  return mesh::valid_name(name) ? name : "publisher";
}

std::vector<std::string> split_prefixes(std::string_view list) {
  std::vector<std::string> prefixes;
  while (true) {
    const auto comma = list.find(',');
    prefixes.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return prefixes;
    list.remove_prefix(comma + 1);
  }
}

mesh::PublisherOptions publisher_options(const PubOptions& options) {
  mesh::PublisherOptions wanted;
  wanted.journal = options.journal;
  wanted.name = name_of(options);
  wanted.control = options.control;
  wanted.events = options.events;
  wanted.insecure = options.insecure;
  wanted.durability = options.durability == "os" ? mesh::Durability::os : mesh::Durability::disk;
  wanted.event_size_max = options.event_bytes_max;
  wanted.staging_bytes_max = std::max<std::size_t>(wanted.staging_bytes_max, options.event_bytes_max);
  wanted.retention.bytes_max = options.journal_bytes_max;
  wanted.segment_size = options.segment_bytes;
  wanted.log = notices(options.verbose);
  for (const auto& text : options.groups) {
    const auto colon = text.find('=');
    mesh::Group group;
    group.name = text.substr(0, colon);
    if (colon != std::string::npos) group.prefixes = split_prefixes(text.substr(colon + 1));
    wanted.groups.push_back(std::move(group));
  }
  return wanted;
}

/// An error of this one line; others concern the journal, and the next line would meet them too.
bool of_line(Errc code) {
  return code == Errc::invalid_argument || code == Errc::invalid_topic || code == Errc::invalid_key ||
         code == Errc::invalid_headers || code == Errc::event_too_large;
}

class Pub {
 public:
  Pub(const PubOptions& options, int fd, mesh::Publisher publisher, Interrupt& interrupt)
      : options_(options),
        publisher_(std::move(publisher)),
        interrupt_(interrupt),
        confirmer_(options.confirm, interrupt),
        reader_(fd, interrupt.fd(), options.event_bytes_max * 2 + 65'536),
        input_(options.topic, options.key) {}

  ExitCode run() {
    announce();
    read_lines();
    if (const auto flushed = publisher_.flush(60s); !flushed) failed_ = true;
    confirmer_.finish();
    tell_failures();
    const auto by_signal = interrupt_.requested() && !confirmer_.first_failed() && !confirmer_.stdout_gone();
    bool drained = true;
    if (!interrupt_.requested() && !stopped_) drained = options_.stay ? stay() : options_.no_drain || drain();
    if (const auto closed = publisher_.close(); !closed) {
      report("closing", closed.error());
      failed_ = true;
    }
    summarise();
    if (failed_ || bad_lines_ > 0) return ExitCode::failure;
    return (by_signal && !ended_ && !options_.stay) || !drained ? ExitCode::interrupted : ExitCode::ok;
  }

 private:
  void announce() {
    say("journal " + options_.journal + ", control " + publisher_.control_endpoint() + ", events " +
        publisher_.events_endpoint());
    if (!options_.json) return;
    std::string line = "{\"control\":";
    append_string(line, publisher_.control_endpoint());
    line += ",\"events\":";
    append_string(line, publisher_.events_endpoint());
    line += ",\"origin\":\"" + publisher_.identity().origin.hex() + "\",\"name\":";
    append_string(line, publisher_.identity().name);
    line += "}\n";
    if (write_out(line)) return;
    report_stdout();
    failed_ = stopped_ = true;
  }

  void complain_line(std::string_view text) {
    if (++bad_lines_ <= complaints_max) complain("line " + std::to_string(line_) + ": " + std::string(text));
    if (bad_lines_ == complaints_max + 1) complain("more bad lines are only counted");
    if (options_.strict) stopped_ = true;
  }

  void read_lines() {
    std::string_view line;
    while (!stopped_ && !interrupt_.requested()) {
      const auto status = reader_.next(line);
      if (status == LineReader::Status::interrupted) return;
      if (status == LineReader::Status::end) {
        ended_ = true;
        return;
      }
      ++line_;
      if (status == LineReader::Status::failed) {
        complain(std::string("cannot read on: ") + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
        failed_ = stopped_ = true;
      } else if (status == LineReader::Status::too_long) {
        complain_line("longer than any event may be");
      } else if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        publish(line);
      }
    }
  }

  void publish(std::string_view line) {
    auto event = input_.parse(line);
    if (!event) return complain_line(event.error().text);
    // A line that `sub` has printed of a relayed event is a new event now.
    std::vector<mesh::Header> headers;
    if (has_reserved_headers(*event)) {
      headers = unreserved_headers(*event);
      event->headers = headers;
      if (!std::exchange(told_reserved_, true)) say("headers zmesh-* are left out: only relays give them");
    }
    auto receipt = publisher_.publish(*event);
    if (receipt) return confirmer_.add(line_, std::move(*receipt));
    if (of_line(receipt.error().code)) return complain_line(receipt.error().describe());
    complain("line " + std::to_string(line_) + ": " + receipt.error().describe());
    failed_ = stopped_ = true;
  }

  void tell_failures() {
    if (confirmer_.stdout_gone()) {
      report_stdout(confirmer_.stdout_error());
      failed_ = true;
    }
    if (!confirmer_.first_failed()) return;
    failed_ = true;
    const auto& first = *confirmer_.first_failed();
    complain("line " + std::to_string(first.line) + ": not published: " + first.error.describe());
    complain(std::to_string(confirmer_.not_committed()) + " events of lines " + std::to_string(first.line) +
             " to " + std::to_string(first.last) + " were not committed");
    if (!ended_) complain("nothing was read after line " + std::to_string(line_));
  }

  bool stay() {
    while (!interrupt_.wait(3600s)) {
    }
    return true;
  }

  /// Until every group has settled all; false: interrupted.
  bool drain() {
    const auto head = publisher_.stats().head;
    if (publisher_.settled(head)) return true;
    say("waiting for the groups to settle " + std::to_string(head) + " (Ctrl-C: do not wait)");
    while (!interrupt_.requested()) {
      const auto settled = publisher_.wait_settled(head, 200ms);
      if (settled) return true;
      if (settled.error().code != Errc::timeout) {
        report(settled.error());
        failed_ = true;
        return true;
      }
    }
    return false;
  }

  void summarise() {
    say("published " + std::to_string(confirmer_.committed()) + " events" +
        (bad_lines_ > 0 ? ", " + std::to_string(bad_lines_) + " bad lines" : std::string()));
    if (!options_.json) return;
    write_out("{\"published\":" + std::to_string(confirmer_.committed()) +
              ",\"bad_lines\":" + std::to_string(bad_lines_) +
              ",\"not_committed\":" + std::to_string(confirmer_.not_committed()) + "}\n");
  }

  const PubOptions& options_;
  mesh::Publisher publisher_;
  Interrupt& interrupt_;
  Confirmer confirmer_;
  LineReader reader_;
  InputLine input_;
  std::uint64_t line_ = 0;
  std::uint64_t bad_lines_ = 0;
  bool ended_ = false;    ///< every line was read
  bool stopped_ = false;  ///< by an error
  bool failed_ = false;
  bool told_reserved_ = false;
};

}  // namespace

ExitCode pub(const PubOptions& options) {
  if (options.stay && options.no_drain) {
    complain("--stay and --no-drain exclude each other");
    return ExitCode::usage;
  }
  int fd = STDIN_FILENO;
  if (options.file != "-") {
    fd = ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      complain("cannot read " + options.file + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
      return ExitCode::failure;
    }
  }
  Interrupt interrupt;
  auto publisher = mesh::Publisher::open(publisher_options(options));
  if (!publisher) return report(publisher.error());
  std::error_code ignored;
  const Registration registered({publisher->identity().name, publisher->identity().origin.hex(),
                                 publisher->control_endpoint(), publisher->events_endpoint(),
                                 std::filesystem::absolute(options.journal, ignored).string(), ::getpid()});
  return Pub(options, fd, std::move(*publisher), interrupt).run();
}

}  // namespace zmesh
