#include <tools/zmesh/sniff/output.hpp>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace zmesh {
namespace {

/// Waits until stdout takes a chunk; false: interrupted, or stdout has no reader.
bool stdout_ready(const Interrupt& interrupt) {
  while (true) {
    pollfd entries[2] = {{STDOUT_FILENO, POLLOUT, 0}, {interrupt.fd(), POLLIN, 0}};
    // What stdout takes at once is written also after an interrupt.
    if (::poll(entries, 1, 0) > 0) return true;
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) return true;
    if (entries[0].revents != 0) return true;
    if (entries[1].revents != 0) return false;
  }
}

}  // namespace

/// A pipe that poll calls writable takes PIPE_BUF bytes without waiting. Chunks end with a line where one
/// does, so that what was written before an interrupt is whole lines.
std::size_t SniffOutput::chunk(std::size_t from) const {
  const auto rest = text_.size() - from;
  if (rest <= PIPE_BUF) return rest;
  const auto newline = text_.rfind('\n', from + PIPE_BUF - 1);
  return newline == std::string::npos || newline < from ? PIPE_BUF : newline + 1 - from;
}

bool SniffOutput::flush() {
  std::size_t at = 0;
  while (!failed_ && at < text_.size()) {
    if (!stdout_ready(interrupt_)) break;
    const auto size = ::write(STDOUT_FILENO, text_.data() + at, chunk(at));
    if (size < 0 && errno != EINTR && errno != EAGAIN) failed_ = true;
    if (size > 0) at += static_cast<std::size_t>(size);
  }
  // Of events that a write has cut, none was written.
  const auto left = std::upper_bound(ends_.begin(), ends_.end(), at);
  written_ += static_cast<std::uint64_t>(left - ends_.begin());
  ends_.erase(ends_.begin(), left);
  for (auto& end : ends_) end -= at;
  text_.erase(0, at);
  return text_.empty();
}

}  // namespace zmesh
