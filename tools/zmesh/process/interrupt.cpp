#include <tools/zmesh/process/interrupt.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/process/child.hpp>

namespace zmesh {

struct Interrupt::State {
  std::atomic<bool> requested{false};
  int out = -1;
  int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

  void request() {
    requested = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  }
};

Interrupt::Interrupt() : state_(new State) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread([state = state_, set] {
    int signal = 0;
    while (sigwait(&set, &signal) == 0) {
      if (state->requested.exchange(true)) {
        Children::all().kill();
        _exit(static_cast<int>(ExitCode::interrupted));
      }
      say("finishing; once more to end at once");
      state->request();
    }
  }).detach();
}

Interrupt::~Interrupt() = default;

bool Interrupt::requested() const {
  return state_->requested;
}

void Interrupt::request() {
  state_->request();
}

int Interrupt::fd() const {
  return state_->fd;
}

void Interrupt::watch_stdout() {
  state_->out = STDOUT_FILENO;
}

bool Interrupt::wait(mesh::Duration timeout) const {
  if (requested()) return true;
  // An error is told of a pipe without reader also when no event is asked for.
  pollfd entries[2] = {{state_->fd, POLLIN, 0}, {state_->out, 0, 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  ::poll(entries, 2, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30)));
  if ((entries[1].revents & POLLERR) != 0) state_->request();
  return requested();
}

}  // namespace zmesh
