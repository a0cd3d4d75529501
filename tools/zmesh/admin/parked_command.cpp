#include <tools/zmesh/admin/parked.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr const char* reasons_and_statuses =
    "\n"
    "Reasons: handler_rejected, retry_exhausted, ack_timeout, consumer_crash, undecodable, no_handler,\n"
    "key_parked.\n"
    "Exit status: 0 done; 1 there is no such group or event, or some stay parked; 2 wrong usage; 3 the\n"
    "publisher does not answer; 130 a redrive with --rate was interrupted.";

std::shared_ptr<ParkedOptions> add_action(CLI::App& parent, Chosen& chosen, const std::string& name,
                                          const std::string& description,
                                          ExitCode (*run)(const ParkedOptions&), bool changes,
                                          const std::string& examples) {
  auto options = std::make_shared<ParkedOptions>();
  auto* command = parent.add_subcommand(name, description);
  command->add_option("EP", options->endpoint, "Control endpoint of the publisher, or @NAME")->required();
  command->add_option("GROUP", options->group, "The group")->required();
  command->add_option("SEQ", options->seqs, "These events");
  command->add_option("--where", options->where, "Only events that match; repeat it to narrow down")
      ->type_name("topic=PREFIX|key=KEY|reason=NAME")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_flag(
      "--all", options->all,
      changes ? "Every parked event of the group" : "Every parked event (as when none is named)");
  if (changes) {
    command->add_flag("--dry-run", options->dry_run, "Only tell what would be done");
  }
  command->add_flag("--json", options->json, changes ? "One object" : "One object per event");
  command->add_option("--timeout", options->timeout, "How long to wait for an answer")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->capture_default_str();
  command->footer(examples + reasons_and_statuses);
  command->callback([options, run, &chosen] { chosen.run = [options, run] { return run(*options); }; });
  return options;
}

/// "100/s".
mesh::Result<double> parse_redrive_rate(const std::string& text) {
  const auto pace = Pace::parse(text);
  if (pace && pace->per_second() > 0) return pace->per_second();
  return mesh::fail(mesh::Errc::invalid_argument, "'" + text + "' is no rate such as 100/s");
}

}  // namespace

void add_parked(CLI::App& app, Chosen& chosen) {
  auto* parked =
      app.add_subcommand("parked", "List, show, redrive, discard or export the parked events of a group");
  parked->require_subcommand(1);
  add_action(*parked, chosen, "list", "One line per parked event", parked_list, false,
             "  zmesh parked list @bookings refunds\n"
             "  zmesh parked list @bookings refunds --where key=b-17 --json | jq .seq\n");
  add_action(*parked, chosen, "show", "The events and the history of their attempts", parked_show, false,
             "  zmesh parked show @bookings refunds 1017\n"
             "  zmesh parked show tcp://127.0.0.1:5601 refunds --where reason=handler_rejected\n");
  const auto redrive =
      add_action(*parked, chosen, "redrive", "Deliver them again, with fresh attempts", parked_redrive, true,
                 "  zmesh parked redrive @bookings refunds --where key=b-17 --dry-run\n"
                 "  zmesh parked redrive @bookings refunds 1018 1020\n");
  parked->get_subcommand("redrive")
      ->add_option("--rate", redrive->rate, "At most so many at a time, with progress: 100/s")
      ->check(parsed_by(parse_redrive_rate, "RATE"));
  add_action(*parked, chosen, "discard", "Drop them for good; the journal's audit notes it", parked_discard,
             true,
             "  zmesh parked discard @bookings refunds --where topic=booking.cancelled --dry-run\n"
             "  zmesh parked discard @bookings refunds 1019 --json\n");
  const auto exported =
      add_action(*parked, chosen, "export", "Write them to a file, to be published again or looked at",
                 parked_export, false,
                 "  zmesh parked export @bookings refunds --to - --where key=b-17\n"
                 "  zmesh parked export @bookings refunds --to refunds.zm --batches\n");
  auto* command = parked->get_subcommand("export");
  command->remove_option(command->get_option("--json"));
  command->add_option("--to", exported->file, "Where to; - is stdout")->required()->type_name("FILE");
  command->add_flag("--batches", exported->batches, "A recording in batches instead of JSON Lines");
  command->add_flag("--force", exported->force, "Replace FILE");
  parked->footer(
      "  zmesh parked list tcp://127.0.0.1:5601 refunds\n"
      "  zmesh parked show tcp://127.0.0.1:5601 refunds 1017\n"
      "  zmesh parked redrive tcp://127.0.0.1:5601 refunds --where reason=retry_exhausted --where "
      "topic=booking. \\\n"
      "    --dry-run\n"
      "  zmesh parked export tcp://127.0.0.1:5601 refunds --to refunds.jsonl\n"
      "  zmesh parked discard tcp://127.0.0.1:5601 refunds 1017\n"
      "  zmesh parked redrive @bookings refunds --all --rate 100/s\n" +
      std::string(reasons_and_statuses));
}

}  // namespace zmesh
