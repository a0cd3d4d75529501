#include <tools/zmesh/console.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace zmesh {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        // Whoever shares it with us has made it non-blocking: it is full, not gone.
        pollfd entry{fd, POLLOUT, 0};
        ::poll(&entry, 1, -1);
        continue;
      }
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool colours(int fd) {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets variables
  return ::isatty(fd) == 1 && (no_color == nullptr || *no_color == '\0');
}

// One write per line, so that lines of several threads or processes do not mix.
void to_stderr(std::string_view colour, std::string_view text) {
  static const bool coloured = colours(STDERR_FILENO);
  std::string line;
  if (coloured && !colour.empty()) line += colour;
  line += "zmesh: ";
  line += text;
  if (coloured && !colour.empty()) line += "\x1b[0m";
  line += '\n';
  write_all(STDERR_FILENO, line);
}

}  // namespace

bool write_out(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}

void say(std::string_view text) {
  to_stderr("", text);
}

void warn(std::string_view text) {
  to_stderr("\x1b[33m", text);
}

void complain(std::string_view text) {
  to_stderr("\x1b[31m", text);
}

ExitCode report(const mesh::Error& error) {
  complain(error.describe());
  return exit_code_of(error.code);
}

ExitCode report(std::string_view what, const mesh::Error& error) {
  complain(std::string(what) + ": " + error.describe());
  return exit_code_of(error.code);
}

ExitCode report_stdout(int error) {
  if (error != EPIPE) complain(std::string("cannot write to stdout: ") + std::strerror(error));  // NOLINT
  return ExitCode::failure;
}

mesh::LogCallback notices(bool verbose) {
  return [verbose](const mesh::Notice& notice) {
    const auto text = std::string(notice.code) + ": " + notice.text;
    switch (notice.level) {
      case mesh::Level::error:
        complain(text);
        break;
      case mesh::Level::warning:
        warn(text);
        break;
      case mesh::Level::info:
      case mesh::Level::debug:
        if (verbose) say(text);
        break;
    }
  };
}

bool colour_out() {
  static const bool coloured = colours(STDOUT_FILENO);
  return coloured;
}

}  // namespace zmesh
