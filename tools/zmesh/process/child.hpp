// Runs a shell command with a text on its stdin, and keeps the end of what it wrote to stderr.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <journal/result.hpp>
#include <mesh/model/time.hpp>

namespace zmesh {

struct ChildResult {
  int status = 0;          ///< exit status; 128 + N when signal N ended it
  bool timed_out = false;  ///< it ran past the time limit and was killed with its process group
  std::string error_text;  ///< the last stderr_kept_max bytes of stderr, without trailing newlines, UTF-8
};

inline constexpr std::size_t stderr_kept_max = 1024;

/// Process groups that run commands, so that all of them can be killed at once. Any thread.
class Children {
 public:
  /// Of this process: every command of run_child(), and what is added.
  static Children& all();

  void add(int pid);
  /// Before its leader is reaped, as afterwards its number may be another's.
  void remove(int pid);
  /// Kills them, and those that are added from now on.
  void kill();

 private:
  std::mutex mutex_;
  std::set<int> pids_;
  bool ending_ = false;
};

/// `/bin/sh -c command` in a process group of its own, so that a Ctrl-C meant for us does not end it halfway.
/// `input` goes to its stdin (not reading it is no error), stdout is ours, stderr is passed on to ours too.
/// Waits for the shell itself, not for what it leaves in the background. Should this process or the calling
/// thread end first, whatever ends it, the shell (or the command it has become) is killed. `among`: it is
/// one of these too. Any thread. Error:
/// journal_io when it cannot be started.
mesh::Result<ChildResult> run_child(const std::string& command, std::string_view input,
                                    const std::vector<std::string>& environment, mesh::Duration limit,
                                    Children* among = nullptr);

}  // namespace zmesh
