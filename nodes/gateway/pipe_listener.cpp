#include <nodes/gateway/pipe_listener.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>

#include <nodes/log/log.hpp>
#include <tools/zmesh/text/input_line.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

constexpr int pause_ms = 500;
constexpr std::size_t read_size = 256 * 1024;

mesh::Error pipe_failed(const std::string& path, std::string_view what) {
  return mesh::fail(mesh::Errc::journal_io,
                    "pipe " + path + " " + std::string(what) + ": " + std::strerror(errno));  // NOLINT
}

}  // namespace

mesh::Result<std::unique_ptr<PipeListener>> PipeListener::open(const GatewaySettings& settings,
                                                               mesh::Publisher& publisher,
                                                               PublishCounters& counters, Topics& topics) {
  const auto& path = settings.pipe;
  if (::mkfifo(path.c_str(), 0620) != 0 && errno != EEXIST) return pipe_failed(path, "cannot be made");
  // For writing too, so that the end of one writer is not the end of the pipe.
  const int fd = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return pipe_failed(path, "cannot be opened");

  struct stat status {};

  if (::fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) {
    ::close(fd);
    return mesh::fail(mesh::Errc::invalid_argument, path + " is not a named pipe");
  }
  return std::unique_ptr<PipeListener>(new PipeListener(fd, settings, publisher, counters, topics));
}

PipeListener::PipeListener(int fd, const GatewaySettings& settings, mesh::Publisher& publisher,
                           PublishCounters& counters, Topics& topics)
    : fd_(fd),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      settings_(settings),
      publisher_(publisher),
      counters_(counters),
      topics_(topics),
      thread_([this] { run(); }) {}

PipeListener::~PipeListener() {
  ending_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
  thread_.join();
  ::close(fd_);
  ::close(wake_fd_);
}

/// A moment, or until the end. False: it is the end.
bool PipeListener::pause() {
  pollfd entry{wake_fd_, POLLIN, 0};
  ::poll(&entry, 1, pause_ms);
  return !ending_;
}

/// Not before it is known: publishing again what was only slow would double it.
mesh::Result<mesh::Seq> PipeListener::outcome_of(const mesh::Receipt& receipt) const {
  while (true) {
    auto outcome = receipt.wait(1s);
    if (outcome || outcome.error().code != mesh::Errc::timeout || ending_) return outcome;
  }
}

void PipeListener::run() {
  std::string chunk(read_size, '\0');
  while (!ending_) {
    pollfd entries[2] = {{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    ::poll(entries, 2, -1);
    const auto got = ::read(fd_, chunk.data(), chunk.size());
    if (got <= 0) continue;
    buffer_.append(chunk, 0, static_cast<std::size_t>(got));
    take_lines();
  }
}

void PipeListener::take_lines() {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n', begin)) {
    if (!skipping_) lines.push_back(buffer_.substr(begin, end - begin));
    skipping_ = false;
    begin = end + 1;
  }
  buffer_.erase(0, begin);
  if (buffer_.size() > settings_.body_size_max) {
    buffer_.clear();
    if (!std::exchange(skipping_, true)) {
      ++counters_.refused;
      log(mesh::Level::warning, "gateway.pipe", "a line longer than body_size_max was left out");
    }
  }
  if (!lines.empty()) publish(lines);
}

void PipeListener::publish(const std::vector<std::string>& lines) {
  ++counters_.requests;
  std::deque<zmesh::InputLine> parsed;
  std::vector<mesh::EventInput> events;
  for (const auto& line : lines) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto event = parsed.emplace_back("", std::nullopt).parse(line);
    const auto checked = event ? mesh::check_event(*event, settings_.event_size_max) : event.error();
    if (checked) {
      events.push_back(*event);
      continue;
    }
    ++counters_.refused;
    log(mesh::Level::warning, "gateway.pipe", "a line was left out: " + checked.error().describe());
  }
  bool told = false;
  while (!events.empty()) {
    std::vector<mesh::Receipt> receipts;
    std::optional<mesh::Error> error;
    for (const auto& event : events) {
      auto receipt = publisher_.publish(event, settings_.publish_timeout);
      if (!receipt) {
        error = receipt.error();
        break;
      }
      receipts.push_back(std::move(*receipt));
    }
    std::vector<mesh::EventInput> again;
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto outcome = i < receipts.size() ? outcome_of(receipts[i]) : mesh::Result<mesh::Seq>(*error);
      if (outcome) {
        ++counters_.events;
        topics_.count(events[i].topic, events[i].payload.size(), *outcome);
      } else {
        error = outcome.error();
        again.push_back(events[i]);
      }
    }
    events = std::move(again);
    if (events.empty()) break;
    if (!std::exchange(told, true))
      log(mesh::Level::warning, "gateway.pipe", "cannot publish, trying on: " + error->describe());
    if (pause()) continue;
    counters_.failed += events.size();
    log(mesh::Level::error, "gateway.pipe",
        std::to_string(events.size()) +
            " events read from the pipe were not published: " + error->describe());
    return;
  }
}

}  // namespace node
