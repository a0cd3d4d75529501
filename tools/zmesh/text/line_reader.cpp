#include <tools/zmesh/text/line_reader.hpp>

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace zmesh {
namespace {

constexpr std::size_t line_read_size = 256 * 1024;

}  // namespace

LineReader::LineReader(int fd, int interrupt_fd, std::size_t line_max)
    : fd_(fd), interrupt_fd_(interrupt_fd), line_max_(line_max) {}

LineReader::Fill LineReader::fill() {
  if (ended_) return Fill::end;
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const auto size = buffer_.size();
  while (true) {
    pollfd entries[2] = {{fd_, POLLIN, 0}, {interrupt_fd_, POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return Fill::failed;
    }
    if (entries[1].revents != 0) return Fill::interrupted;
    buffer_.resize(size + line_read_size);
    const auto got = ::read(fd_, buffer_.data() + size, line_read_size);
    buffer_.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return Fill::failed;
    ended_ = got == 0;
    return ended_ ? Fill::end : Fill::more;
  }
}

LineReader::Status LineReader::next(std::string_view& line) {
  bool skipping = false;
  while (true) {
    const auto newline = buffer_.find('\n', std::max(begin_, searched_));
    if (newline != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, newline - begin_);
      begin_ = searched_ = newline + 1;
      return skipping || line.size() > line_max_ ? Status::too_long : Status::line;
    }
    searched_ = buffer_.size();
    if (buffer_.size() - begin_ > line_max_) {
      skipping = true;
      begin_ = searched_ = buffer_.size();
    }
    switch (fill()) {
      case Fill::more:
        break;
      case Fill::interrupted:
        return Status::interrupted;
      case Fill::failed:
        return Status::failed;
      case Fill::end:
        if (begin_ == buffer_.size()) return skipping ? Status::too_long : Status::end;
        line = std::string_view(buffer_).substr(begin_);
        begin_ = searched_ = buffer_.size();
        return skipping ? Status::too_long : Status::line;
    }
  }
}

}  // namespace zmesh
