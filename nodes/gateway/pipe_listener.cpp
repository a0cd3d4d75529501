#include <nodes/gateway/pipe_listener.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <unordered_set>

#include <nodes/log/log.hpp>
#include <tools/zmesh/text/input_line.hpp>
#include <tools/zmesh/text/reserved_headers.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;

constexpr int pause_ms = 500;
constexpr std::size_t read_size = 256 * 1024;
/// How long the end goes on reading while writers go on writing.
constexpr auto last_lines_time = 5s;

mesh::Error pipe_failed(const std::string& path, std::string_view what) {
  return mesh::fail(mesh::Errc::journal_io,
                    "pipe " + path + " " + std::string(what) + ": " + std::strerror(errno));  // NOLINT
}

}  // namespace

std::vector<mesh::EventInput> publish_again(const std::vector<mesh::EventInput>& events,
                                            const std::vector<bool>& committed) {
  std::vector<mesh::EventInput> again;
  std::unordered_set<std::string_view> keys;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& key = events[i].key;
    if (committed[i] && (!key || !keys.contains(*key))) continue;
    if (key) keys.insert(*key);
    again.push_back(events[i]);
  }
  return again;
}

mesh::Result<void> PipeListener::check(const std::string& path) {
  struct stat status {};

  if (path.empty()) return {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISFIFO(status.st_mode))
      return mesh::fail(mesh::Errc::invalid_argument, path + " is not a named pipe");
    if (::access(path.c_str(), R_OK) != 0) return pipe_failed(path, "cannot be opened");
    return {};
  }
  auto parent = std::filesystem::path(path).parent_path();
  if (parent.empty()) parent = ".";
  if (::access((parent / ".").c_str(), W_OK | X_OK) != 0) return pipe_failed(path, "cannot be made");
  return {};
}

mesh::Result<std::unique_ptr<PipeListener>> PipeListener::open(const GatewaySettings& settings,
                                                               mesh::Publisher& publisher,
                                                               PublishCounters& counters, Topics& topics) {
  const auto& path = settings.pipe;
  if (::mkfifo(path.c_str(), 0620) != 0 && errno != EEXIST) return pipe_failed(path, "cannot be made");
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
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
      chunk_(read_size, '\0'),
      thread_([this] { run(); }) {}

PipeListener::~PipeListener() {
  end_by_ = std::chrono::steady_clock::now() + last_lines_time;
  ending_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);
  thread_.join();
  if (fd_ >= 0) ::close(fd_);
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
    if (outcome || outcome.error().code != mesh::Errc::timeout || is_over()) return outcome;
  }
}

bool PipeListener::is_over() const {
  return ending_ && std::chrono::steady_clock::now() >= end_by_;
}

void PipeListener::run() {
  while (!ending_) {
    // A pipe that its writers have closed is opened anew: else it would be readable for ever.
    pollfd entries[2] = {{fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    ::poll(entries, 2, fd_ >= 0 ? -1 : pause_ms);
    if (fd_ >= 0 && entries[0].revents == 0) continue;
    if (fd_ < 0 || read_some() == Read::no_writers) reopen();
  }
  read_rest();
}

PipeListener::Read PipeListener::read_some() {
  const auto got = ::read(fd_, chunk_.data(), chunk_.size());
  if (got < 0) return Read::nothing;
  if (got == 0) {
    take_last_line();
    return Read::no_writers;
  }
  buffer_.append(chunk_, 0, static_cast<std::size_t>(got));
  take_lines();
  return Read::some;
}

/// Before the old end is closed, so that nothing is lost that a new writer has written meanwhile.
void PipeListener::reopen() {
  const int fd = ::open(settings_.pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && fd_ >= 0)
    log(mesh::Level::error, "gateway.pipe", pipe_failed(settings_.pipe, "cannot be opened again").text);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

void PipeListener::read_rest() {
  while (fd_ >= 0 && !gave_up_ && !is_over() && read_some() == Read::some) {
  }
  int left = 0;
  if (fd_ >= 0 && ::ioctl(fd_, FIONREAD, &left) == 0 && left > 0)
    log(mesh::Level::error, "gateway.pipe",
        std::to_string(left) + " bytes in the pipe were not read any more");
  if (buffer_.empty()) return;
  ++counters_.refused;
  log(mesh::Level::error, "gateway.pipe",
      "the end came in the middle of a line: its " + std::to_string(buffer_.size()) +
          " bytes were not published");
}

/// Without a newline, of writers that are gone.
void PipeListener::take_last_line() {
  if (buffer_.empty() && !skipping_) return;
  buffer_ += '\n';
  take_lines();
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
      left_out_.tell("a line was left out: it is longer than body_size_max");
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
    auto checked = event ? mesh::check_event(*event, settings_.event_size_max) : event.error();
    if (checked) checked = zmesh::check_no_reserved_headers(*event);
    if (checked) {
      events.push_back(*event);
      continue;
    }
    ++counters_.refused;
    left_out_.tell("a line was left out: " + checked.error().describe());
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
    std::vector<bool> committed(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto outcome = i < receipts.size() ? outcome_of(receipts[i]) : mesh::Result<mesh::Seq>(*error);
      committed[i] = outcome.ok();
      if (!outcome) {
        error = outcome.error();
        continue;
      }
      ++counters_.events;
      topics_.count(events[i].topic, events[i].payload.size(), *outcome);
    }
    auto again = publish_again(events, committed);
    events = std::move(again);
    if (events.empty()) break;
    if (!std::exchange(told, true))
      log(mesh::Level::warning, "gateway.pipe", "cannot publish, trying on: " + error->describe());
    if (pause()) continue;
    const auto failed = std::count(committed.begin(), committed.end(), false);
    counters_.failed += static_cast<std::uint64_t>(failed);
    gave_up_ = true;
    log(mesh::Level::error, "gateway.pipe",
        std::to_string(failed) + " events read from the pipe were not published: " + error->describe());
    return;
  }
}

}  // namespace node
