#include <nodes/deliver/worker.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include <mesh/model/policy.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/process/child.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr mesh::Duration pause_least = 100ms;
constexpr mesh::Duration pause_most = 10s;
/// A command that lived for so long has not failed at its start.
constexpr auto lived_long = 10s;
constexpr std::size_t reply_size_max = 64 * 1024;

mesh::Error worker_failed(std::string text) {
  return mesh::fail(mesh::Errc::journal_io, std::move(text));
}

int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
}

std::string exit_text(int status) {
  return " (exit status " + std::to_string(status) + ")";
}

void shut(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

int spawn(int& pid, const std::string& command, int in, int out) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t set;
  sigemptyset(&set);
  posix_spawnattr_setsigmask(&attributes, &set);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  posix_spawnattr_setsigdefault(&attributes, &set);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  char shell[] = "/bin/sh";
  char flag[] = "-c";
  char* arguments[] = {shell, flag, const_cast<char*>(command.c_str()), nullptr};
  const int error = ::posix_spawn(&pid, shell, &actions, &attributes, arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Worker::~Worker() {
  end(0s);
}

mesh::Result<void> Worker::start(Clock::time_point deadline) {
  const auto due = started_ + pause_;
  if (due > deadline) return worker_failed("the worker has just failed and is not started again yet");
  while (!giving_up_ && Clock::now() < due) std::this_thread::sleep_until(std::min(due, Clock::now() + 50ms));
  if (giving_up_) return worker_failed("the node is ending");
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0)
    return worker_failed(std::string("no pipe: ") + std::strerror(errno));  // NOLINT
  if (::pipe2(out, O_CLOEXEC) != 0) {
    shut(in[0]), shut(in[1]);
    return worker_failed(std::string("no pipe: ") + std::strerror(errno));  // NOLINT
  }
  started_ = Clock::now();
  pause_ = std::clamp(pause_ * 2, pause_least, pause_most);
  const int error = spawn(pid_, command_, in[0], out[1]);
  shut(in[0]), shut(out[1]);
  in_ = in[1];
  out_ = out[0];
  ::fcntl(in_, F_SETFL, O_NONBLOCK);
  ::fcntl(out_, F_SETFL, O_NONBLOCK);
  buffer_.clear();
  answered_ = false;
  if (error != 0) {
    pid_ = 0;
    shut(in_), shut(out_);
    return worker_failed(std::string("cannot start the worker: ") + std::strerror(error));  // NOLINT
  }
  zmesh::Children::all().add(pid_);
  children_.add(pid_);
  ++starts_;
  return {};
}

mesh::Outcome Worker::ask(const Asked& event, const std::string& line, mesh::Duration timeout) {
  const auto deadline = Clock::now() + timeout;
  while (true) {
    look_after();
    const bool fresh = pid_ == 0;
    if (fresh)
      if (auto started = start(deadline); !started) return mesh::retry(started.error().text);
    const auto answer = converse(line, deadline);
    if (!answer) {
      // It was on its way out: the event has not been in its hands.
      const bool again = !fresh && has_read_nothing() && Clock::now() < deadline;
      const auto end = bury();
      if (!again) return mesh::retry(answer.error().text + end);
      pardon(end);
      continue;
    }
    auto outcome = parse_outcome(*answer, event);
    // Who answers nonsense may be a line behind: it begins anew.
    if (!outcome) return mesh::retry("the worker's answer is not valid: " + outcome.error().text + bury());
    answered_ = true;
    if (Clock::now() - started_ > lived_long) pause_ = mesh::Duration{0};
    return std::move(*outcome);
  }
}

/// Between two events it has nothing to say: a line would be taken for the answer to the next one.
void Worker::look_after() {
  if (pid_ == 0) return;
  pollfd entry{out_, POLLIN, 0};
  if (buffer_.empty() && ::poll(&entry, 1, 0) == 0) return;
  char byte = 0;
  const bool spoke = !buffer_.empty() || ::read(out_, &byte, 1) > 0;
  const auto end = bury();
  if (!spoke) return pardon(end);
  log(mesh::Level::warning, "deliver.worker",
      "a worker wrote more than one line for an event: it is started again" + end);
}

/// One that ended in order after some work is followed by another without a pause.
void Worker::pardon(const std::string& end) {
  if (answered_ && end == exit_text(0)) pause_ = mesh::Duration{0};
}

/// Its stdin still has all that was written of the line.
bool Worker::has_read_nothing() const {
  int unread = 0;
  return ::ioctl(in_, FIONREAD, &unread) == 0 && static_cast<std::size_t>(unread) == written_;
}

mesh::Result<std::string> Worker::converse(std::string_view line, Clock::time_point deadline) {
  char chunk[4096];
  written_ = 0;
  while (true) {
    pollfd entries[2] = {{line.empty() ? -1 : in_, POLLOUT, 0}, {out_, POLLIN, 0}};
    const int ready = ::poll(entries, 2, left_ms(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return worker_failed("the worker did not answer in time");
    if (entries[0].revents != 0) {
      const auto written = ::write(in_, line.data(), line.size());
      if (written < 0 && errno != EAGAIN && errno != EINTR) return worker_failed("the worker does not read");
      if (written > 0) {
        line.remove_prefix(static_cast<std::size_t>(written));
        written_ += static_cast<std::size_t>(written);
      }
    }
    if (entries[1].revents == 0) continue;
    const auto got = ::read(out_, chunk, sizeof chunk);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return worker_failed("the worker ended");
    buffer_.append(chunk, static_cast<std::size_t>(got));
    if (buffer_.size() > reply_size_max) return worker_failed("the worker's answer is too long");
    const auto end = buffer_.find('\n');
    if (end == std::string::npos) continue;
    auto answer = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return answer;
  }
}

/// Waits for its end; false: it has not ended by then.
bool Worker::reap(int& status, std::optional<Clock::time_point> deadline) {
  if (deadline) {
    const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    pollfd entry{process, POLLIN, 0};
    ::poll(&entry, 1, left_ms(*deadline));
    if (process >= 0) ::close(process);
  }
  siginfo_t ended{};
  const int options = WEXITED | WNOWAIT | (deadline ? WNOHANG : 0);
  while (::waitid(P_PID, static_cast<id_t>(pid_), &ended, options) < 0 && errno == EINTR) {
  }
  if (deadline && ended.si_pid != pid_) return false;
  children_.remove(pid_);
  zmesh::Children::all().remove(pid_);
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  return true;
}

/// Ends what is left of it; how it ended, for the reason.
std::string Worker::bury() {
  shut(in_), shut(out_);
  int status = 0;
  // It may be ending by itself, and then says more than our signal would.
  const bool ended = reap(status, Clock::now() + 50ms);
  ::kill(-pid_, SIGKILL);
  if (!ended) reap(status, std::nullopt);
  pid_ = 0;
  if (WIFSIGNALED(status)) return " (signal " + std::to_string(WTERMSIG(status)) + ")";
  return exit_text(WEXITSTATUS(status));
}

void Worker::ask_to_end() {
  shut(in_);
}

void Worker::end(mesh::Duration timeout) {
  if (pid_ == 0) return;
  ask_to_end();
  int status = 0;
  const bool ended = reap(status, Clock::now() + timeout);
  ::kill(-pid_, SIGKILL);
  if (!ended) reap(status, std::nullopt);
  shut(out_);
  pid_ = 0;
}

mesh::Result<mesh::Outcome> parse_outcome(std::string_view line, const Asked& event) {
  const auto bad = [](std::string text) { return mesh::fail(mesh::Errc::invalid_argument, std::move(text)); };
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return bad("not a JSON object");
  const auto text = [&](const char* name) -> std::string {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (object.contains("origin") && text("origin") != event.origin) return bad("it is about another event");
  if (const auto seq = object.find("seq"); seq != object.end() && *seq != event.seq)
    return bad("it is about another event");
  const auto outcome = text("outcome");
  const auto reason = text("reason");
  if (outcome == "ack") return mesh::ack();
  if (outcome == "park") return mesh::park(reason.empty() ? "parked by the worker" : reason);
  if (outcome != "retry") return bad("outcome must be ack, retry or park");
  std::optional<mesh::Duration> delay;
  if (object.contains("delay")) {
    const auto parsed = zmesh::parse_duration(text("delay"));
    if (!parsed || *parsed < 0s || *parsed > mesh::delay_max)
      return bad("delay must be a duration of 0s to 30d");
    delay = *parsed;
  }
  return mesh::retry(reason.empty() ? "retried by the worker" : reason, delay);
}

}  // namespace node
