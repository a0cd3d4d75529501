// Both outputs of the tool: stdout carries results and nothing else, stderr what a person should know.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include <mesh/model/notice.hpp>
#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

/// Writes all of it to stdout with as few calls as possible. False: stdout is gone (a closed pipe, a full
/// disk); errno says why. Any thread, but one call at a time per line if lines must not mix.
bool write_out(std::string_view text);

/// "zmesh: TEXT" on stderr, coloured on a terminal unless NO_COLOR is set. Any thread.
void say(std::string_view text);
void warn(std::string_view text);
void complain(std::string_view text);

/// complain(error) and the exit code that belongs to it.
ExitCode report(const mesh::Error& error);
ExitCode report(std::string_view what, const mesh::Error& error);

/// Complains that stdout cannot be written; quietly where its reader has just gone (`| head`). errno belongs
/// to the thread that wrote: another one is told its value.
ExitCode report_stdout(int error = errno);

/// Shows what the mesh says: warnings and errors, with `verbose` everything.
mesh::LogCallback notices(bool verbose);

/// Whether to colour stdout.
bool colour_out();

}  // namespace zmesh
