#include <tools/zmesh/admin/groups.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {

void add_groups(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<GroupsOptions>();
  auto* command =
      app.add_subcommand("groups", "Show the groups of a publisher: floor, lag, retries, parked, members");
  command->add_option("EP", options->endpoint, "Control endpoint of the publisher, or @NAME")->required();
  command->add_flag("--json", options->json, "One object per group");
  command->add_option("--timeout", options->timeout, "How long to wait for an answer")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->capture_default_str();
  command->footer(
      "FLOOR: all at or below it is settled. LAG: seqs up to the head that are not. IN FLIGHT: events with "
      "failed\n"
      "attempts that a member has in hand again; first deliveries are not counted. WAITING: those whose "
      "retry "
      "is\n"
      "not due yet. PARKED: given up, see `zmesh parked`. EXPIRED: seqs that retention took before they were "
      "settled.\n"
      "OLDEST: age of the oldest event that is not settled. MEMBERS: who takes the group's events.\n"
      "\n"
      "  zmesh groups tcp://127.0.0.1:5601\n"
      "  zmesh groups ipc:///run/bookings --json\n"
      "\n"
      "Exit status: 0 done; 2 wrong usage; 3 the publisher does not answer.");
  command->callback([options, &chosen] { chosen.run = [options] { return groups(*options); }; });
}

}  // namespace zmesh
