#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>
#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {

void add_trace(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<TraceOptions>();
  auto* command = app.add_subcommand(
      "trace", "Tell the life of an event: committed, sent or fetched, attempts, parked, settled");
  command
      ->add_option("WHERE", options->where,
                   "Control endpoint or @NAME of the publisher, or its journal's DIR")
      ->required();
  command->add_option("SEQ", options->wanted, "The event, or several; what is no number is a key");
  command->add_option("--key", options->key,
                      "Every event with this key, instead (also one that is a number)");
  command->add_option("--last", options->last, "Of a key: only the newest N")->capture_default_str();
  command->add_option("--group", options->group, "Only in this group");
  command->add_flag("--json", options->json, "One object per event");
  command->add_option("--timeout", options->timeout, "How long to wait for an answer")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->capture_default_str();
  command->footer(
      "A journal tells all, also while its publisher is down; it is found by itself for @NAMEs. A publisher "
      "on "
      "another\nmachine tells of parked events and of what is settled in sequence; the attempts of an event "
      "that waits "
      "for its\nretry are known to its journal only. What is settled is in the journal within about 250 ms "
      "(the publisher's ledger_flush).\n"
      "Whether an event was sent live or fetched is known to its running publisher only, of what it has "
      "answered "
      "since its\nstart (the newest 32 stretches of each group); every attempt after the first is a "
      "redelivery. Attempts "
      "of what is\nsettled are not kept: of the newest 32 incidents of each group its running publisher "
      "tells that "
      "they failed.\n"
      "\n"
      "  zmesh trace @bookings 1017\n"
      "  zmesh trace @bookings b-17\n"
      "  zmesh trace /var/lib/bookings --key b-17 --group refunds\n"
      "  zmesh trace tcp://127.0.0.1:5601 1017 --json\n"
      "\n"
      "Exit status: 0 done; 1 there is no such event; 2 wrong usage; 3 the publisher does not answer; 5 the "
      "journal is "
      "damaged.");
  command->callback([options, &chosen] { chosen.run = [options] { return trace(*options); }; });
}

}  // namespace zmesh
