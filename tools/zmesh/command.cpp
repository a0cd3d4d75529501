#include <tools/zmesh/command.hpp>

#include <exception>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/shell/shell.hpp>
#include <tools/zmesh/text/nearest.hpp>

namespace zmesh {
namespace {

/// The flags or commands that might have been meant instead of `word`.
std::vector<std::string> known_instead(const CLI::App& root, const std::string& word) {
  const CLI::App* chosen = &root;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  std::vector<std::string> known;
  if (word.starts_with('-')) {
    for (const auto* option : chosen->get_options())
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
  } else {
    for (const auto* command : chosen->get_subcommands([](const CLI::App*) { return true; }))
      if (!command->get_group().empty()) known.push_back(command->get_name());
  }
  return known;
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("zmesh: publish, take, watch, inspect and repair the events of a brokerless mesh.", "zmesh");
  app.set_version_flag("--version", ZMESH_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Results go to stdout, everything else to stderr. Exit status: 0 done, 1 failure, 2 wrong usage,\n"
      "3 no publisher answered, 4 timeout or nothing received, 5 damaged data, 130 interrupted.\n"
      "`zmesh COMMAND --help` shows examples.");
  Chosen chosen;
  add_pub(app, chosen);
  add_sub(app, chosen);
  add_sniff(app, chosen);
  add_top(app, chosen);
  add_record(app, chosen);
  add_publishers(app, chosen);
  add_groups(app, chosen);
  add_parked(app, chosen);
  add_trace(app, chosen);
  add_check(app, chosen);
  add_doctor(app, chosen);
  add_journal(app, chosen);
  add_bench(app, chosen);
  add_shell(app, chosen);
  // Its words are not ours to understand: they may be anything that somebody is just typing.
  if (argc > 1 && std::string_view(argv[1]) == "__complete")
    return static_cast<int>(complete_words(app, {argv + 2, argv + argc}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    // What nobody knows is the likelier mistake than what is missing because of it.
    const auto unknown = app.remaining(true);
    complain(unknown.empty() ? error.what()
                             : unknown_word(unknown.front(), known_instead(app, unknown.front())));
    say("see zmesh --help, or zmesh COMMAND --help");
    return static_cast<int>(ExitCode::usage);
  }
  try {
    return static_cast<int>(chosen.run());
  } catch (const std::exception& error) {
    complain(error.what());
    return static_cast<int>(ExitCode::failure);
  }
}

}  // namespace zmesh
