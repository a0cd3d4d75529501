// Manual pages, made of the same descriptions that --help shows.

#include <tools/zmesh/option.hpp>
#include <tools/zmesh/shell/shell.hpp>

namespace zmesh {
namespace {

/// Text for roff: backslashes and hyphens as they are, no line that begins with a request.
std::string roff(const std::string& text) {
  std::string out;
  for (const char symbol : text) {
    if (symbol == '\\') {
      out += "\\e";
    } else if (symbol == '-') {
      out += "\\-";
    } else {
      if ((symbol == '.' || symbol == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
      out += symbol;
    }
  }
  return out;
}

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> visible_options(const CLI::App& app, bool positional) {
  return app.get_options([positional](const CLI::Option* option) {
    return !option->get_group().empty() && option->get_positional() == positional;
  });
}

std::string type_text(const CLI::Option& option) {
  return option.get_expected_max() > 0 ? option.get_type_name() : std::string();
}

std::string synopsis(const CLI::App& app, const std::string& name) {
  std::string text = ".B " + roff(name) + "\n";
  if (!visible_options(app, false).empty()) text += "[\\fIOPTIONS\\fR]\n";
  for (const auto* option : visible_options(app, true)) {
    const auto shown = "\\fI" + roff(option->get_single_name()) + "\\fR" +
                       (option->get_items_expected_max() > 1 ? "..." : "");
    text += option->get_required() ? shown + "\n" : "[" + shown + "]\n";
  }
  if (!visible_commands(app).empty()) text += "\\fICOMMAND\\fR\n";
  return text;
}

std::string option_entries(const CLI::App& app, bool positional) {
  std::string text;
  for (const auto* option : visible_options(app, positional)) {
    text += ".TP\n";
    if (positional) {
      text += "\\fI" + roff(option->get_single_name()) + "\\fR\n";
    } else {
      std::string names;
      for (const auto& name : option->get_snames())
        names += (names.empty() ? "\\fB" : ", \\fB") + roff("-" + name) + "\\fR";
      for (const auto& name : option->get_lnames())
        names += (names.empty() ? "\\fB" : ", \\fB") + roff("--" + name) + "\\fR";
      const auto type = type_text(*option);
      text += names + (type.empty() ? "" : " \\fI" + roff(type) + "\\fR") + "\n";
    }
    text += roff(option->get_description());
    if (!option->get_default_str().empty()) text += " (default " + roff(option->get_default_str()) + ")";
    text += "\n";
  }
  return text;
}

/// A footer's paragraphs: examples are those that are indented; "Exit status: ..." is its own section.
std::string footer_sections(const std::string& footer) {
  std::string about, examples, status;
  std::string* part = &about;
  bool blank = false;
  for (const auto& line : CLI::detail::split(footer, '\n')) {
    if (line.empty()) {
      blank = true;
      continue;
    }
    if (line.starts_with("Exit status")) {
      part = &status;
    } else if (line.starts_with("  ")) {
      part = &examples;
    } else if (blank && part == &examples) {
      part = &about;
    }
    if (blank && part == &about && !about.empty()) about += ".PP\n";
    blank = false;
    *part += roff(part == &examples ? line.substr(2) : line) + "\n";
  }
  std::string text = about.empty() ? "" : ".PP\n" + about;
  if (!examples.empty()) text += ".SH EXAMPLES\n.nf\n" + examples + ".fi\n";
  if (!status.empty()) text += ".SH EXIT STATUS\n" + status;
  return text;
}

const CLI::App* command_at(const CLI::App& app, const std::string& path) {
  if (path.empty()) return &app;
  for (const auto* command : visible_commands(app)) {
    if (command->get_name() == path) return command;
  }
  return nullptr;
}

/// A command below the one that the page is of.
std::string below_section(const CLI::App& command, const std::string& name) {
  std::string text =
      ".SS " + roff(name) + "\n" + roff(command.get_description()) + ".\n.PP\n" + synopsis(command, name);
  return text + option_entries(command, true) + option_entries(command, false);
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& path) {
  const auto* command = command_at(app, path);
  if (command == nullptr) return "";
  const auto name = path.empty() ? std::string("zmesh") : "zmesh-" + path;
  const auto called = path.empty() ? std::string("zmesh") : "zmesh " + path;
  auto title = name;
  for (auto& symbol : title) symbol = static_cast<char>(std::toupper(static_cast<unsigned char>(symbol)));
  std::string text = ".TH " + roff(title) + " 1 \"\" \"zmesh " ZMESH_VERSION "\" \"zmesh\"\n";
  text += ".SH NAME\n" + roff(name) + " \\- " + roff(command->get_description()) + "\n";
  text += ".SH SYNOPSIS\n" + synopsis(*command, called);
  text += ".SH DESCRIPTION\n" + roff(command->get_description()) + ".\n" + option_entries(*command, true);
  const auto sections = footer_sections(command->get_footer());
  const auto examples = std::min(sections.find(".SH "), sections.size());
  text += sections.substr(0, examples);
  if (const auto below = visible_commands(*command); !below.empty()) {
    text += ".SH COMMANDS\n";
    for (const auto* one : below) {
      if (path.empty()) {
        text += ".TP\n\\fB" + roff(one->get_name()) + "\\fR\n" + roff(one->get_description()) +
                "; see \\fBzmesh\\-" + roff(one->get_name()) + "\\fR(1)\n";
      } else {
        text += below_section(*one, called + " " + one->get_name());
      }
    }
  }
  if (const auto options = option_entries(*command, false); !options.empty())
    text += ".SH OPTIONS\n" + options;
  text += sections.substr(examples);
  text += ".SH SEE ALSO\n";
  return text + (path.empty() ? "\\fBzmesh COMMAND \\-\\-help\\fR\n" : "\\fBzmesh\\fR(1)\n");
}

std::vector<std::string> man_names(const CLI::App& app) {
  std::vector<std::string> names = {"zmesh"};
  for (const auto* command : visible_commands(app)) names.push_back("zmesh-" + command->get_name());
  return names;
}

}  // namespace zmesh
