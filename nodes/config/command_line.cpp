#include <nodes/config/command_line.hpp>

#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include <nodes/config/option.hpp>
#include <tools/zmesh/text/nearest.hpp>

namespace node {
namespace {

constexpr std::string_view footer = R"(Examples:
  zmeshd --publisher-journal bookings --gateway-http 127.0.0.1:8480
  curl -d '{"key":"b-17","payload":{"seats":3}}' http://127.0.0.1:8480/v1/events/booking.created
  zmeshd --print-default > /etc/zmesh/zmeshd.toml
  zmeshd --check-config /etc/zmesh/zmeshd.toml

A flag wins over the environment (ZMESH_GATEWAY_HTTP), that over the file. Relays, delivers and archives, of
which there may be several, are in the file only.
Signals: SIGTERM and SIGINT drain and end (a second one ends at once); SIGHUP reads the file again.
Exit status: 0 ended in order; 1 failed; 2 wrong usage or configuration; 130 a second signal.)";

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status) {
  CLI::App app("A node of the mesh: gateway, relay, deliver and archive, any number in one process.",
               "zmeshd");
  CommandLine line;
  bool check = false, config = false, defaults = false;
  app.add_option("-c,--config,FILE", line.file, "The configuration file (TOML)")
      ->type_name("FILE")
      ->envname("ZMESH_CONFIG");
  auto* actions = app.add_option_group("Instead of running");
  actions->add_flag("--check-config", check,
                    "Say what is wrong with the configuration; exit status 2 if anything is");
  actions->add_flag("--print-config", config,
                    "Print the configuration in force, and where each value comes from");
  actions->add_flag("--print-default", defaults,
                    "Print a file with every option, its default and its meaning");
  actions->require_option(0, 1);
  app.set_version_flag("--version", std::string("zmeshd ") + ZMESH_VERSION);
  for (const auto& section : sections()) {
    if (section.repeated) continue;
    for (const auto& option : section.options) {
      const auto flag = flag_name(section, option);
      app.add_option_function<std::string>(
             flag, [&line, flag](const std::string& text) { line.flags[flag] = text; },
             std::string(option.doc) + " (" + environment_name(section, option) + ")")
          ->group("[" + std::string(section.name) + "] " + std::string(section.doc))
          ->type_name(option.choices.empty() ? "VALUE" : std::string(option.choices));
    }
  }
  app.footer(std::string(footer));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    std::vector<std::string> flags;
    for (const auto* option : app.get_options())
      for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    for (const auto* option : actions->get_options())
      for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
    std::cerr << "zmeshd: " << zmesh::unknown_word(app.remaining().front(), flags)
              << " (see zmeshd --help)\n";
    status = 2;
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  using Action = CommandLine::Action;
  line.action = check      ? Action::check_config
                : config   ? Action::print_config
                : defaults ? Action::print_default
                           : Action::run;
  return line;
}

}  // namespace node
