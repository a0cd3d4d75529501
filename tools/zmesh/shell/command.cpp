#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <tools/zmesh/command.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/shell/shell.hpp>

namespace zmesh {
namespace {

ExitCode write_pages(const CLI::App& app, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  for (const auto& name : man_names(app)) {
    const auto path = directory + "/" + name + ".1";
    std::ofstream file(path);
    file << man_page(app, name == "zmesh" ? "" : name.substr(6));
    file.close();
    if (!file) {
      complain("cannot write " + path + ": " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
      return ExitCode::failure;
    }
  }
  return ExitCode::ok;
}

ExitCode man(const CLI::App& app, const std::string& verb, const std::string& directory) {
  if (!directory.empty()) return write_pages(app, directory);
  const auto page = man_page(app, verb);
  if (page.empty()) {
    complain("there is no command '" + verb + "'");
    return ExitCode::usage;
  }
  return write_out(page) ? ExitCode::ok : report_stdout();
}

}  // namespace

void add_shell(CLI::App& app, Chosen& chosen) {
  auto shell = std::make_shared<std::string>();
  auto* completion = app.add_subcommand("completion", "Print the script that completes zmesh in a shell");
  completion->add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  completion->footer(
      "Commands, options, their values; nodes, topics and groups as they are just then.\n"
      "\n"
      "  zmesh completion bash\n"
      "  source <(zmesh completion bash)\n"
      "  zmesh completion zsh >~/.zsh/completion/_zmesh\n"
      "\n"
      "Exit status: 0 done; 2 wrong usage.");
  completion->callback([shell, &chosen] {
    chosen.run = [shell] { return write_out(completion_script(*shell)) ? ExitCode::ok : report_stdout(); };
  });

  struct Page {
    std::string verb, directory;
  };

  auto page = std::make_shared<Page>();
  auto* manual = app.add_subcommand("man", "Print the manual page of a command, or write all of them");
  manual->add_option("COMMAND", page->verb, "Of this command; none: of zmesh itself");
  manual->add_option("--to", page->directory, "Write every page into this directory instead")
      ->type_name("DIR");
  manual->footer(
      "  zmesh man sniff | man -l -\n"
      "  zmesh man --to /usr/local/share/man/man1\n"
      "\n"
      "Exit status: 0 done; 1 a page could not be written; 2 wrong usage.");
  manual->callback(
      [page, &app, &chosen] { chosen.run = [page, &app] { return man(app, page->verb, page->directory); }; });
}

}  // namespace zmesh
