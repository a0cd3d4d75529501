// Runs a shell command with a text on its stdin, and keeps the end of what it wrote to stderr.
#pragma once

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

/// `/bin/sh -c command` in a process group of its own, so that a Ctrl-C meant for us does not end it halfway.
/// `input` goes to its stdin (not reading it is no error), stdout is ours, stderr is passed on to ours too.
/// Waits for the shell itself, not for what it leaves in the background. Should this process or the calling
/// thread end first, whatever ends it, the shell (or the command it has become) is killed. Any thread. Error:
/// journal_io when it cannot be started.
mesh::Result<ChildResult> run_child(const std::string& command, std::string_view input,
                                    const std::vector<std::string>& environment, mesh::Duration limit);

/// A process group that was started by other means is to be among those that kill_running_children() kills,
/// until it is taken out: before its leader is reaped, as afterwards its number may be another's.
void add_running_child(int pid);
void remove_running_child(int pid);

/// Kills the process groups of all commands that run, and of those that are just being started: for a process
/// that ends at once.
void kill_running_children();

}  // namespace zmesh
