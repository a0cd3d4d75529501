// Lines of a file or pipe, with a bound on their length, and ready to be interrupted while it waits.
#pragma once

#include <string>
#include <string_view>

#include <journal/result.hpp>

namespace zmesh {

class LineReader {
 public:
  enum class Status { line, too_long, end, interrupted, failed };

  /// Does not own the descriptor. Waiting for input ends with `interrupted` once interrupt_fd is readable.
  LineReader(int fd, int interrupt_fd, std::size_t line_max);

  /// `line` is without its newline and valid until the next call. A line longer than line_max is skipped as
  /// a whole and told as too_long. A last line without a newline counts.
  Status next(std::string_view& line);

 private:
  enum class Fill { more, end, interrupted, failed };
  Fill fill();

  int fd_;
  int interrupt_fd_;
  std::size_t line_max_;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t searched_ = 0;
  bool ended_ = false;
};

}  // namespace zmesh
