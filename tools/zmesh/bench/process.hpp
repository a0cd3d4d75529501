// A child process whose stdout is read line by line, and that can be told to go on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/time.hpp>

namespace zmesh {

class Process {
 public:
  /// Runs `program` (found by PATH; empty: this same binary) with these arguments. started() tells whether
  /// that worked.
  explicit Process(const std::vector<std::string>& arguments, const std::string& program = {});
  /// Kills what is still running, and reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool started() const { return pid_ > 0; }

  pid_t pid() const { return pid_; }

  /// The next line of its stdout; nothing: it ended, or the time is over.
  std::optional<std::string> line(mesh::Duration timeout);

  /// True: its stdout has ended and all lines were read.
  bool silent() const { return ended_ && buffer_.empty(); }

  /// Writes a line to its stdin.
  void go_on();
  /// Waits for its end; true: with exit status 0.
  bool succeeded();

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace zmesh
