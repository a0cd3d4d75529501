#include <mesh/io/alarm.hpp>

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace mesh::io {

Alarm::Alarm() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {}

Alarm::~Alarm() {
  if (fd_ >= 0) ::close(fd_);
}

void Alarm::set(Duration after) {
  const auto time = std::max(after, Duration{1});
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const itimerspec spec{{0, 0}, {seconds.count(), (time - seconds).count()}};
  timerfd_settime(fd_, 0, &spec, nullptr);
}

void Alarm::wait() {
  std::uint64_t times = 0;
  [[maybe_unused]] const auto read = ::read(fd_, &times, sizeof times);
}

}  // namespace mesh::io
