// A child process whose stdout is read line by line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/time.hpp>

namespace zmesh {

class Process {
 public:
  /// Runs this same binary with these arguments. started() tells whether that worked.
  explicit Process(const std::vector<std::string>& arguments);
  /// Kills what is still running, and reaps it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool started() const { return pid_ > 0; }

  /// The next line of its stdout; nothing: it ended, or the time is over.
  std::optional<std::string> line(mesh::Duration timeout);
  /// Waits for its end; true: with exit status 0.
  bool succeeded();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string buffer_;
};

}  // namespace zmesh
