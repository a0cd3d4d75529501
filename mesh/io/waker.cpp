#include <mesh/io/waker.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace mesh::io {

Waker::Waker() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Waker::~Waker() {
  if (fd_ >= 0) ::close(fd_);
}

void Waker::signal() {
  const std::uint64_t one = 1;
  signalled_.store(true);
  // A full counter is readable already, which is all that is wanted.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void Waker::disarm() {
  armed_.store(false);
  if (!signalled_.exchange(false)) return;
  // A notifier between its store and its write leaves the descriptor readable: one empty turn, no harm.
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

}  // namespace mesh::io
