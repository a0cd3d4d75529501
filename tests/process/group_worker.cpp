// A member of a group whose handlers write down when they ran, so that a test can see across processes
// whether two events of a key were ever handled at once.
//
//   group_worker ENDPOINT GROUP MEMBER LOG [--microseconds N] [--concurrency N] [--attempts N]
//                [--backoff MILLISECONDS] [--ack-wait MILLISECONDS] [--abort-on TEXT] [--hold-on TEXT
//                --hold-until FILE]
//
// A handler of an event with TEXT in its payload aborts the process, or takes until FILE exists.
// Per event two lines are appended to LOG, each in one write:  b SEQ KEY ATTEMPT MARKED NS   and   e SEQ NS
// (NS: the machine's monotonic clock). SIGTERM drains and leaves.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>

#include <mesh/consumer.hpp>

namespace {

long long now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<long long>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

struct Options {
  std::string endpoint, group, member, log, abort_on, hold_on, hold_until;
  long microseconds = 0;
  unsigned concurrency = 1, attempts = 3;
  std::chrono::milliseconds backoff{50}, ack_wait{30'000};

  static bool concerns(const std::string& text, const std::string& payload) {
    return !text.empty() && payload.find(text) != std::string::npos;
  }
};

class Log {
 public:
  explicit Log(const std::string& path) : file_(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600)) {}

  bool is_open() const { return file_ >= 0; }

  void write(const std::string& line) const {
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  }

 private:
  int file_;
};

void pause_for(long microseconds) {
  const timespec pause{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  nanosleep(&pause, nullptr);
}

mesh::Outcome handle(const mesh::Event& event, const Options& options, const Log& log) {
  const std::string payload(mesh::as_text(event.payload()));
  const std::string seq = std::to_string(event.seq());
  const bool marked = event.attempt() > 1 || event.redelivered();
  log.write("b " + seq + " " + std::string(event.key().value_or("-")) + " " +
            std::to_string(event.attempt()) + (marked ? " 1 " : " 0 ") + std::to_string(now_ns()) + "\n");
  if (Options::concerns(options.abort_on, payload)) std::abort();
  while (Options::concerns(options.hold_on, payload) && access(options.hold_until.c_str(), F_OK) != 0) {
    pause_for(2000);
  }
  if (options.microseconds > 0) pause_for(options.microseconds);  // the handler's work
  log.write("e " + seq + " " + std::to_string(now_ns()) + "\n");
  return mesh::ack();
}

int run(const Options& options) {
  const Log log(options.log);
  if (!log.is_open()) {
    std::fprintf(stderr, "cannot write %s: %s\n", options.log.c_str(), std::strerror(errno));
    return 1;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before any thread is made
  mesh::ConsumerOptions consumer;
  consumer.publishers = {options.endpoint};
  consumer.group = options.group;
  consumer.member = options.member;
  consumer.concurrency = options.concurrency;
  consumer.retry.attempts_max = options.attempts;
  consumer.retry.backoff = {options.backoff};
  consumer.retry.ack_wait = options.ack_wait;
  consumer.on_any([&](const mesh::Event& event) { return handle(event, options, log); });
  auto opened = mesh::Consumer::open(std::move(consumer));
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().describe().c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&ends, &signal);
  const auto closed = opened->close(std::chrono::seconds(20));
  if (!closed) std::fprintf(stderr, "%s\n", closed.error().describe().c_str());
  return closed ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (count < 5) {
    std::fprintf(stderr,
                 "usage: group_worker ENDPOINT GROUP MEMBER LOG [OPTION VALUE]...; see group_worker.cpp\n");
    return 2;
  }
  options.endpoint = words[1], options.group = words[2], options.member = words[3], options.log = words[4];
  for (int at = 5; at + 1 < count; at += 2) {
    const std::string name = words[at];
    if (name == "--microseconds") options.microseconds = std::atol(words[at + 1]);
    if (name == "--abort-on") options.abort_on = words[at + 1];
    if (name == "--hold-on") options.hold_on = words[at + 1];
    if (name == "--hold-until") options.hold_until = words[at + 1];
    if (name == "--concurrency") options.concurrency = static_cast<unsigned>(std::atoi(words[at + 1]));
    if (name == "--attempts") options.attempts = static_cast<unsigned>(std::atoi(words[at + 1]));
    if (name == "--backoff") options.backoff = std::chrono::milliseconds(std::atol(words[at + 1]));
    if (name == "--ack-wait") options.ack_wait = std::chrono::milliseconds(std::atol(words[at + 1]));
  }
  return run(options);
}
