#include <tools/zmesh/command.hpp>
#include <tools/zmesh/journal/journal.hpp>
#include <tools/zmesh/option.hpp>

namespace zmesh {
namespace {

constexpr const char* journal_statuses =
    "\n"
    "Exit status: 0 done, and nothing is damaged; 1 there is no such journal, or it cannot be read; 2 wrong\n"
    "usage; 5 damage was found.";

}  // namespace

void add_journal(CLI::App& app, Chosen& chosen) {
  auto* journal = app.add_subcommand("journal", "Look at, verify or salvage a journal on disk");
  journal->require_subcommand(1);
  const auto add = [&](const char* name, const char* description, ExitCode (*run)(const JournalCommand&),
                       const std::string& examples) {
    auto options = std::make_shared<JournalCommand>();
    auto* command = journal->add_subcommand(name, description);
    command->add_option("DIR", options->directory, "Directory of the journal")->required();
    command->add_flag("--json", options->json, "One object");
    command->footer(examples + journal_statuses);
    command->callback([options, run, &chosen] { chosen.run = [options, run] { return run(*options); }; });
  };
  add("stat", "Identity, head, segments, which group holds what since when; also while its publisher runs",
      journal_stat, "  zmesh journal stat /var/lib/bookings\n");
  add("check", "Verify every checksum, record and order; also while its publisher runs", journal_check,
      "  zmesh journal check /var/lib/bookings\n"
      "  zmesh journal check /var/lib/bookings --json\n");
  add("salvage", "Replace what is damaged by what of it verifies; the damaged files are kept aside",
      journal_salvage, "  zmesh journal salvage /var/lib/bookings        (its publisher must be down)\n");
  journal->footer(
      "  zmesh journal stat /var/lib/bookings\n"
      "  zmesh journal check /var/lib/bookings --json\n"
      "  zmesh journal salvage /var/lib/bookings        (its publisher must be down)\n" +
      std::string(journal_statuses));
}

}  // namespace zmesh
