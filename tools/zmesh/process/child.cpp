#include <tools/zmesh/process/child.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <set>

#include <journal/topic.hpp>

namespace zmesh {
namespace {

using Clock = std::chrono::steady_clock;

/// A descriptor that is closed once.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}

  ~Fd() { close(); }

  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  void reset(int fd) {
    close();
    fd_ = fd;
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

bool make_pipe(Fd& read_end, Fd& write_end) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end.reset(ends[0]);
  write_end.reset(ends[1]);
  return true;
}

mesh::Error cannot_start(int error) {
  return mesh::fail(mesh::Errc::journal_io,
                    std::string("cannot start the command: ") + std::strerror(error));  // NOLINT
}

/// What the child needs to become the command.
struct Shell {
  char* const* arguments;
  char* const* variables;
  int in;
  int err;
  pid_t parent;
};

bool put_at(int fd, int wanted) {
  return fd == wanted ? ::fcntl(fd, F_SETFD, 0) == 0 : ::dup2(fd, wanted) == wanted;
}

/// In the child of a vfork: it shares our memory, so nothing but system calls.
[[noreturn]] void become_shell(const Shell& shell, volatile int& error) {
  // Whatever ends us, the command must not go on without anybody who tells of its outcome. It is the end of
  // the thread that forked which counts: that one waits for the command.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != shell.parent) _exit(127);  // it ended before it could be watched
  ::setpgid(0, 0);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGCHLD}) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (put_at(shell.in, STDIN_FILENO) && put_at(shell.err, STDERR_FILENO)) {
    ::execve(shell.arguments[0], shell.arguments, shell.variables);
  }
  error = errno;
  _exit(127);
}

pid_t fork_shell(const Shell& shell, volatile int& error) {
  const pid_t pid = ::vfork();  // NOLINT: no copy of our memory per event, and the thread waits until it runs
  if (pid == 0) become_shell(shell, error);
  return pid;
}

int spawn_shell(pid_t& pid, const std::string& command, const std::vector<std::string>& environment, int in,
                int err) {
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  char shell[] = "/bin/sh";
  char flag[] = "-c";
  char* arguments[] = {shell, flag, const_cast<char*>(command.c_str()), nullptr};
  // No handler of ours may run in the child, in our memory.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int error = 0;
  pid = fork_shell({arguments, variables.data(), in, err, ::getpid()}, error);
  if (pid < 0) error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid > 0 && error != 0) ::waitpid(pid, nullptr, 0);
  return error;
}

/// The process groups of the commands that run.
/// Tells when a process has ended, by poll where the system lets us, else by asking again and again.
class Exit {
 public:
  explicit Exit(pid_t pid) : pid_(pid), fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

  int fd() const { return fd_.get(); }

  /// How long a poll may wait: this long, or for ever (-1).
  int longest(int wanted_ms) const {
    if (fd() >= 0) return wanted_ms;
    return wanted_ms < 0 ? ask_ms : std::min(wanted_ms, ask_ms);
  }

  bool happened(short revents) const {
    if (fd() >= 0) return revents != 0;
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == pid_;
  }

 private:
  static constexpr int ask_ms = 10;
  pid_t pid_;
  Fd fd_;
};

void write_some(Fd& fd, std::string_view& input) {
  const auto written = ::write(fd.get(), input.data(), input.size());
  if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
  if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) fd.close();
}

/// Reads what is there; false at its end.
bool read_some(int fd, std::string& kept) {
  char buffer[4096];
  const auto got = ::read(fd, buffer, sizeof buffer);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  [[maybe_unused]] const auto passed_on = ::write(STDERR_FILENO, buffer, static_cast<std::size_t>(got));
  kept.append(buffer, static_cast<std::size_t>(got));
  if (kept.size() > 2 * stderr_kept_max) kept.erase(0, kept.size() - stderr_kept_max);
  return true;
}

std::string tidy_text(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  if (text.size() > stderr_kept_max) text.erase(0, text.size() - stderr_kept_max);
  // A cut may have split a character.
  while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80) text.erase(0, 1);
  if (!mesh::is_utf8(text)) {
    std::replace_if(
        text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; }, '?');
  }
  return text;
}

int left_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
}

}  // namespace

mesh::Result<ChildResult> run_child(const std::string& command, std::string_view input,
                                    const std::vector<std::string>& environment, mesh::Duration limit,
                                    Children* among) {
  const auto deadline = Clock::now() + limit;
  Fd in_read, in_write, err_read, err_write;
  if (!make_pipe(in_read, in_write) || !make_pipe(err_read, err_write)) return cannot_start(errno);
  ::fcntl(in_write.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(err_read.get(), F_SETFL, O_NONBLOCK);
  pid_t pid = 0;
  if (const int error = spawn_shell(pid, command, environment, in_read.get(), err_write.get()); error != 0) {
    return cannot_start(error);
  }
  in_read.close();
  err_write.close();
  Children::all().add(pid);
  if (among != nullptr) among->add(pid);
  const Exit ending(pid);

  ChildResult result;
  std::string kept;
  if (input.empty()) in_write.close();
  bool exited = false;
  while (!exited) {
    pollfd entries[3] = {{in_write.get(), POLLOUT, 0}, {err_read.get(), POLLIN, 0}, {ending.fd(), POLLIN, 0}};
    ::poll(entries, 3, ending.longest(result.timed_out ? -1 : left_ms(deadline)));
    if (entries[0].revents != 0) write_some(in_write, input);
    if (entries[1].revents != 0 && !read_some(err_read.get(), kept)) err_read.close();
    exited = ending.happened(entries[2].revents);
    if (!exited && !result.timed_out && Clock::now() >= deadline) {
      result.timed_out = true;
      ::kill(-pid, SIGKILL);
    }
  }
  Children::all().remove(pid);
  if (among != nullptr) among->remove(pid);
  // What the pipe can hold, and no more: something in the background may be writing on and on.
  for (int reads = 0; reads < 32 && err_read.get() >= 0; ++reads) {
    pollfd entry{err_read.get(), POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0 || !read_some(err_read.get(), kept)) break;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    // Where SIGCHLD is ignored nobody is told how a child ended: that must not pass for success.
    if (errno != EINTR) return mesh::fail(mesh::Errc::journal_io, "cannot tell how the command ended");
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.error_text = tidy_text(std::move(kept));
  return result;
}

Children& Children::all() {
  static Children children;
  return children;
}

void Children::add(int pid) {
  const std::lock_guard lock(mutex_);
  pids_.insert(pid);
  if (ending_) ::kill(-pid, SIGKILL);
}

void Children::remove(int pid) {
  const std::lock_guard lock(mutex_);
  pids_.erase(pid);
}

void Children::kill() {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  for (const int pid : pids_) ::kill(-pid, SIGKILL);
}

}  // namespace zmesh
