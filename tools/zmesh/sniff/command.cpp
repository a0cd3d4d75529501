#include <journal/topic.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

ExitCode sniff(SniffOptions options, std::string first, std::vector<std::string> words) {
  if (!first.empty()) words.insert(words.begin(), std::move(first));
  if (options.journal.empty()) {
    if (words.empty()) {
      complain("sniff what? Name a control endpoint, or --journal DIR");
      return ExitCode::usage;
    }
    options.endpoint = words.front();
    words.erase(words.begin());
  }
  for (const auto& prefix : words) {
    if (const auto checked = mesh::check_prefix(prefix); !checked)
      return report("'" + prefix + "'", checked.error());
  }
  options.prefixes = std::move(words);
  return options.journal.empty() ? sniff_live(options) : sniff_journal(options);
}

}  // namespace

void add_sniff(CLI::App& app, Chosen& chosen) {
  struct Texts {
    SniffOptions options;
    std::string first;
    std::vector<std::string> words;
    std::string from;
  };

  auto texts = std::make_shared<Texts>();
  auto& options = texts->options;
  auto* command = app.add_subcommand("sniff", "Watch events without being a group or acknowledging anything");
  command->add_option("EP", texts->first, "Control endpoint of the publisher; not with --journal");
  command->add_option("PREFIX", texts->words, "Topics that start with any of these; none: every topic");
  command->add_option("--journal", options.journal, "Read this journal, whether its publisher runs or not")
      ->type_name("DIR");
  command
      ->add_option("--from", texts->from,
                   "Begin at SEQ, earliest, latest or time:RFC3339 and end at the head")
      ->check(parsed_by(parse_start, "WHERE"));
  command->add_flag("--follow,-f", options.follow, "Go on at the head");
  command->add_option("--count", options.count, "End after N events")->check(CLI::PositiveNumber);
  command->add_flag("--json", options.json, "Print lines of JSON as `sub` does");
  command->add_flag("-v,--verbose", options.verbose, "Say more on stderr");
  command->footer(
      "Of a running publisher, without --from: what comes from now on, until Ctrl-C. Otherwise it ends at "
      "the\n"
      "head unless told to --follow. A journal is read from its earliest event by default.\n"
      "\n"
      "  zmesh sniff tcp://127.0.0.1:5601\n"
      "  zmesh sniff tcp://127.0.0.1:5601 booking. --from earliest --json\n"
      "  zmesh sniff --journal /var/lib/bookings --from time:2026-03-01T12:00:00Z --follow\n"
      "\n"
      "Exit status: 0 done; 2 wrong usage; 3 the publisher does not answer; 5 the journal is damaged.");
  command->callback([texts, &chosen] {
    if (!texts->from.empty()) texts->options.from = parse_start(texts->from).value();
    chosen.run = [texts] { return sniff(texts->options, texts->first, texts->words); };
  });
}

}  // namespace zmesh
