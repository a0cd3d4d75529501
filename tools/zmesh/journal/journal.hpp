// `zmesh journal`: a journal's directory seen from outside.
#pragma once

#include <string>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

struct JournalCommand {
  std::string directory;
  bool json = false;
};

ExitCode journal_stat(const JournalCommand& command);
ExitCode journal_check(const JournalCommand& command);
ExitCode journal_salvage(const JournalCommand& command);

}  // namespace zmesh
