#include <tools/zmesh/process/child.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>

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

int spawn_shell(pid_t& pid, const std::string& command, const std::vector<std::string>& environment, int in,
                int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
  variables.push_back(nullptr);
  char shell[] = "/bin/sh";
  char flag[] = "-c";
  char* arguments[] = {shell, flag, const_cast<char*>(command.c_str()), nullptr};
  const int error = ::posix_spawn(&pid, shell, &actions, &attributes, arguments, variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

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
                                    const std::vector<std::string>& environment, mesh::Duration limit) {
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
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));

  ChildResult result;
  std::string kept;
  if (input.empty()) in_write.close();
  bool exited = false;
  while (!exited) {
    pollfd entries[3] = {
        {in_write.get(), POLLOUT, 0}, {err_read.get(), POLLIN, 0}, {process.get(), POLLIN, 0}};
    const int ready = ::poll(entries, 3, result.timed_out ? -1 : left_ms(deadline));
    if (ready == 0) {
      result.timed_out = true;
      ::kill(-pid, SIGKILL);
      continue;
    }
    if (entries[0].revents != 0) write_some(in_write, input);
    if (entries[1].revents != 0 && !read_some(err_read.get(), kept)) err_read.close();
    exited = entries[2].revents != 0;
  }
  while (err_read.get() >= 0) {
    pollfd entry{err_read.get(), POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0 || !read_some(err_read.get(), kept)) break;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.error_text = tidy_text(std::move(kept));
  return result;
}

}  // namespace zmesh
