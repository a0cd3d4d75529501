#include <tools/zmesh/admin/parked.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

void add_action(CLI::App& parent, Chosen& chosen, const std::string& name, const std::string& description,
                ExitCode (*run)(const ParkedOptions&), bool changes) {
  auto options = std::make_shared<ParkedOptions>();
  auto* command = parent.add_subcommand(name, description);
  command->add_option("EP", options->endpoint, "Control endpoint of the publisher")->required();
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
  command->callback([options, run, &chosen] { chosen.run = [options, run] { return run(*options); }; });
}

}  // namespace

void add_parked(CLI::App& app, Chosen& chosen) {
  auto* parked = app.add_subcommand("parked", "List, show, redrive or discard the parked events of a group");
  parked->require_subcommand(1);
  add_action(*parked, chosen, "list", "One line per parked event", parked_list, false);
  add_action(*parked, chosen, "show", "The events and the history of their attempts", parked_show, false);
  add_action(*parked, chosen, "redrive", "Deliver them again, with fresh attempts", parked_redrive, true);
  add_action(*parked, chosen, "discard", "Drop them for good; the journal's audit notes it", parked_discard,
             true);
  parked->footer(
      "  zmesh parked list tcp://127.0.0.1:5601 refunds\n"
      "  zmesh parked show tcp://127.0.0.1:5601 refunds 1017\n"
      "  zmesh parked redrive tcp://127.0.0.1:5601 refunds --where reason=retry_exhausted --where "
      "topic=booking. \\\n"
      "    --dry-run\n"
      "  zmesh parked discard tcp://127.0.0.1:5601 refunds 1017\n"
      "\n"
      "Reasons: handler_rejected, retry_exhausted, ack_timeout, consumer_crash, undecodable, no_handler.\n"
      "Exit status: 0 done; 1 there is no such group or event; 2 wrong usage; 3 the publisher does not "
      "answer.");
}

}  // namespace zmesh
