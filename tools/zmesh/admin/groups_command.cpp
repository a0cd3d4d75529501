#include <tools/zmesh/admin/groups.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr const char* group_statuses =
    "\nExit status: 0 done; 1 there is no such group, or it is not in a state for it; 2 wrong usage; 3 the "
    "publisher does not answer.";

void add_duration(CLI::App& command, const std::string& name, mesh::Duration& duration,
                  const std::string& standard, const std::string& description) {
  command
      .add_option_function<std::string>(
          name, [&duration](const std::string& text) { duration = parse_duration(text).value(); },
          description)
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->default_str(standard);
}

/// What bounds a lease has, the publisher says too; here so that a mistake is one of usage.
mesh::Result<mesh::Duration> parse_lease(const std::string& text) {
  if (text == "none") return mesh::Duration{0};
  auto lease = parse_duration(text);
  if (lease && (*lease < mesh::group_lease_min || *lease > mesh::group_lease_max))
    return mesh::fail(mesh::Errc::invalid_argument, "a lease is 1s to 3650d, or none");
  return lease;
}

CLI::App* add_change(CLI::App& parent, Chosen& chosen, const std::string& name,
                     const std::string& description, ExitCode (*run)(const GroupChangeOptions&),
                     const std::shared_ptr<GroupChangeOptions>& options, const std::string& examples) {
  auto* command = parent.add_subcommand(name, description);
  command->add_option("EP", options->endpoint, "Control endpoint of the publisher, or @NAME")->required();
  command->add_option("GROUP", options->group, "The group")->required();
  command->add_flag("--json", options->json, "One object");
  add_duration(*command, "--timeout", options->timeout, "5s", "How long to wait for an answer");
  command->footer(examples + group_statuses);
  command->callback([options, run, &chosen] { chosen.run = [options, run] { return run(*options); }; });
  return command;
}

void add_changes(CLI::App& groups, Chosen& chosen) {
  const auto options = [] { return std::make_shared<GroupChangeOptions>(); };
  add_change(groups, chosen, "pause", "Give nothing of it out; its members settle what they have and wait",
             pause_group, options(), "  zmesh groups pause @bookings refunds\n");
  add_change(groups, chosen, "resume", "The end of a pause", resume_group, options(),
             "  zmesh groups resume @bookings refunds\n");
  const auto rewind = options();
  auto* rewinding =
      add_change(groups, chosen, "rewind",
                 "Let it go on from elsewhere, back or forward; it is paused meanwhile", rewind_group, rewind,
                 "  zmesh groups rewind @bookings refunds --to earliest --dry-run\n"
                 "  zmesh groups rewind tcp://127.0.0.1:5601 refunds --to seq:1017 --wait 10m\n"
                 "  zmesh groups rewind @bookings refunds --to latest --json\n");
  rewinding
      ->add_option_function<std::string>(
          "--to", [rewind](const std::string& text) { rewind->to = parse_start(text).value(); }, "Where")
      ->check(parsed_by(parse_start, "earliest|latest|seq:N|time:RFC3339"))
      ->required();
  rewinding->add_flag("--dry-run", rewind->dry_run, "Only tell what would be");
  add_duration(*rewinding, "--wait", rewind->patience, "60s",
               "How long its members may take to finish what they have");
  const auto leased = options();
  auto* leasing = add_change(groups, chosen, "lease",
                             "How long it may be without members before the journal keeps nothing for it",
                             lease_group, leased,
                             "  zmesh groups lease @bookings refunds 7d\n"
                             "  zmesh groups lease @bookings refunds none\n");
  leasing
      ->add_option_function<std::string>(
          "LEASE",
          [leased](const std::string& text) {
            if (text != "none") leased->lease = parse_duration(text).value();
          },
          "1s to 3650d, or none: it holds the journal for ever")
      ->check(parsed_by(parse_lease, "DURATION|none"))
      ->required();
  const auto deleted = options();
  auto* deleting =
      add_change(groups, chosen, "delete", "Forget it, when it has no members", delete_group, deleted,
                 "  zmesh groups delete @bookings refunds --dry-run\n"
                 "  zmesh groups delete @bookings notifications --with-parked\n");
  deleting->add_flag("--dry-run", deleted->dry_run, "Only tell what would be");
  deleting->add_flag("--with-parked", deleted->with_parked,
                     "Also when it has parked events, or some waiting for a retry");
}

}  // namespace

void add_groups(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<GroupsOptions>();
  auto* command = app.add_subcommand(
      "groups", "Show the groups of a publisher; pause, resume, rewind, lease or delete one");
  auto* endpoint =
      command->add_option("EP", options->endpoint, "Control endpoint of the publisher, or @NAME");
  command->require_subcommand(0, 1);
  add_changes(*command, chosen);
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
      "OLDEST: age of the oldest event that is not settled. ORDER: what waits behind an event that failed\n"
      "(none, or later events of its key; with park-key also behind a parked one). MEMBERS: who takes the "
      "group's\n"
      "events.\n"
      "A rewind delivers to that group alone; parked events stay parked, and what comes again is marked as\n"
      "redelivered.\n"
      "A lease is for groups that may be abandoned: without members for so long (while the publisher runs), "
      "the\n"
      "journal keeps nothing for the group any more. It is not deleted: its parked events stay, and the next "
      "member\n"
      "learns what has expired and goes on; the lease then begins anew.\n"
      "\n"
      "  zmesh groups tcp://127.0.0.1:5601\n"
      "  zmesh groups ipc:///run/bookings --json\n"
      "  zmesh groups pause @bookings refunds\n"
      "  zmesh groups resume @bookings refunds\n"
      "  zmesh groups rewind @bookings refunds --to time:2026-11-24T06:00:00Z --dry-run\n"
      "  zmesh groups rewind @bookings refunds --to seq:1017\n"
      "  zmesh groups lease @bookings refunds 7d\n"
      "  zmesh groups lease @bookings refunds none\n"
      "  zmesh groups delete @bookings refunds --dry-run\n" +
      std::string(group_statuses));
  command->callback([options, endpoint, command, &chosen] {
    if (!command->get_subcommands().empty()) return;
    if (endpoint->count() == 0) throw CLI::RequiredError("EP");
    chosen.run = [options] { return groups(*options); };
  });
}

}  // namespace zmesh
