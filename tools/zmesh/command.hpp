// The subcommands: each adds itself to the command line, and what it runs when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

/// What was chosen on the command line.
struct Chosen {
  std::function<ExitCode()> run;
};

void add_pub(CLI::App& app, Chosen& chosen);
void add_sub(CLI::App& app, Chosen& chosen);
void add_sniff(CLI::App& app, Chosen& chosen);
void add_groups(CLI::App& app, Chosen& chosen);
void add_parked(CLI::App& app, Chosen& chosen);
void add_journal(CLI::App& app, Chosen& chosen);
void add_bench(CLI::App& app, Chosen& chosen);

/// Accepts what parse accepts, and shows its complaint.
template <class Parse>
CLI::Validator parsed_by(Parse parse, std::string type) {
  CLI::Validator validator(
      [parse](std::string& text) {
        auto value = parse(text);
        return value ? std::string() : value.error().text;
      },
      std::move(type));
  return validator;
}

/// Runs the command line; what main returns.
int run(int argc, char** argv);

}  // namespace zmesh
