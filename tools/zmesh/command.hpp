// The subcommands: each adds itself to the command line, and what it runs when it was chosen.
#pragma once

#include <functional>
#include <string>

#include <tools/zmesh/exit_code.hpp>

namespace CLI {
class App;
}

namespace zmesh {

/// What was chosen on the command line.
struct Chosen {
  std::function<ExitCode()> run;
};

void add_pub(CLI::App& app, Chosen& chosen);
void add_sub(CLI::App& app, Chosen& chosen);
void add_sniff(CLI::App& app, Chosen& chosen);
void add_record(CLI::App& app, Chosen& chosen);      ///< also replay and convert
void add_publishers(CLI::App& app, Chosen& chosen);  ///< also members
void add_groups(CLI::App& app, Chosen& chosen);
void add_parked(CLI::App& app, Chosen& chosen);
void add_trace(CLI::App& app, Chosen& chosen);
void add_top(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_doctor(CLI::App& app, Chosen& chosen);
void add_shell(CLI::App& app, Chosen& chosen);  ///< completion and man
void add_journal(CLI::App& app, Chosen& chosen);
void add_bench(CLI::App& app, Chosen& chosen);

/// Runs the command line; what main returns.
int run(int argc, char** argv);

}  // namespace zmesh
