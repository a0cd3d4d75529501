// The flags of zmeshd.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace node {

struct CommandLine {
  enum class Action { run, check_config, print_config, print_default };
  Action action = Action::run;
  std::string file;
  std::map<std::string, std::string> flags;  ///< options given by flag: "--gateway-http" -> its text
};

/// Nothing: `status` is the exit status (0 after --help and --version, 2 after a mistake that was told).
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status);

}  // namespace node
