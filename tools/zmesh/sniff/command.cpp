#include <algorithm>
#include <chrono>

#include <tools/zmesh/command.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

struct SniffTexts {
  SniffOptions options;
  std::vector<std::string> words;
  std::string from, since, wait;
  bool json = false, raw = false, hex = false, cloud_events = false, no_marks = false;
};

/// EP, @NAME or a topic.
void sort_words(SniffTexts& texts) {
  for (const auto& word : texts.words) {
    if (word.find("://") != std::string::npos) {
      texts.options.endpoints.push_back(word);
    } else if (word.starts_with('@')) {
      texts.options.names.push_back(word.substr(1));
    } else {
      texts.options.filter.topics.push_back(word);
    }
  }
}

ExitCode run_sniff(SniffTexts texts) {
  auto& options = texts.options;
  using Form = SniffOptions::Form;
  const int forms = texts.json + texts.raw + texts.hex + texts.cloud_events + !options.format.empty();
  const int starts = !texts.from.empty() + !texts.since.empty() + (options.start.last > 0);
  if (forms > 1 || starts > 1) {
    complain(forms > 1 ? "--json, --raw, --hex, --cloudevents and -f exclude each other"
                       : "--from, --since and --last exclude each other");
    return ExitCode::usage;
  }
  if (texts.json) options.form = Form::json;
  if (texts.raw) options.form = Form::raw;
  if (texts.hex) options.form = Form::hex;
  if (texts.cloud_events) options.form = Form::cloud_events;
  if (!options.format.empty()) options.form = Form::custom;
  if (!texts.from.empty()) options.start.from = parse_start(texts.from).value();
  if (!texts.since.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    options.start.from =
        mesh::Start{mesh::Start::Kind::time, 0, now - parse_duration(texts.since).value().count()};
  }
  if (!texts.wait.empty()) options.wait = parse_duration(texts.wait, std::chrono::seconds(1)).value();
  options.marks = !texts.no_marks;
  sort_words(texts);
  return sniff(options);
}

CLI::Option* repeated(CLI::Option* option, const char* type) {
  return option->type_name(type)->expected(1)->take_all()->allow_extra_args(false);
}

void add_filter_options(CLI::App& command, FilterOptions& filter) {
  repeated(command.add_option("--not", filter.without, "Leave these topics out; repeatable"), "TOPIC");
  repeated(
      command.add_option("--header", filter.headers, "Only events with this header; repeat to narrow down"),
      "NAME[=VALUE]");
  repeated(command.add_option("--grep", filter.greps, "Only where topic, key, headers or payload match"),
           "REGEX");
  command.add_flag("-i,--ignore-case", filter.ignore_case,
                   "--grep makes no difference of upper and lower case");
  repeated(
      command.add_option("--where", filter.where, "Only where a field is so: 'data.amount>100', 'key=b-17'"),
      "CONDITION");
  command.add_option("--sample", filter.sample, "Only a share of the events: 1/100, 5%")
      ->check(parsed_by(parse_share, "SHARE"));
}

void add_form_options(CLI::App& command, SniffTexts& texts) {
  command.add_option("-f,--format", texts.options.format, "As FORMAT says: %t %o %k %s ... (below)")
      ->type_name("FORMAT");
  command.add_flag("--json", texts.json, "One JSON object per event, as `sub` prints them");
  command.add_flag("--raw", texts.raw, "The payload's bytes, and a newline");
  command.add_flag("--hex", texts.hex, "The line, and the payload as a hex dump");
  command.add_flag("--cloudevents", texts.cloud_events, "One CloudEvents 1.0 object per event");
  command.add_flag("--latency", texts.options.latency,
                   "Begin each line with how long the event took to get here");
  command.add_flag("--wrap", texts.options.wrap, "Do not cut lines to the width of the terminal");
  command.add_flag("--no-marks", texts.no_marks, "Say nothing of gaps, restarts, retries and parked events");
}

constexpr const char* sniff_footer =
    "Without a source it watches every publisher of this machine that says where it is (`zmesh pub`, "
    "zmeshd); @NAME "
    "is one of them.\n"
    "A TOPIC is a prefix (booking.), or has wildcards: *.created, booking.*.eu, booking.# (# and > are the "
    "rest).\n"
    "\n"
    "Of publishers, without --from, --since and --last: what comes from now on, until Ctrl-C. When the "
    "terminal is too "
    "slow for\n"
    "it, events are left out, and counted, rather than fall behind (--complete: never). Otherwise history "
    "first, and "
    "the end at\n"
    "the head unless told to --follow; nothing is left out, and nothing is shown twice. Given a publisher "
    "and its "
    "--journal,\n"
    "the past is read from the journal and costs the publisher nothing. Several sources are merged by time.\n"
    "\n"
    "Lines beginning with -- tell what happened between events: gaps, restarts, failed attempts, parked "
    "events. With "
    "--json and\n"
    "the like they go to stderr. FIELDs of --where are data.NAME.NAME[INDEX], headers.NAME, topic, key, seq, "
    "size; = "
    "!= > >= <\n"
    "<= and ~ (regular expression) compare; alone it means that it is there. FORMAT knows %t topic, %o seq, "
    "%p publisher,"
    " %O its\n"
    "origin, %k key, %K its size, %s payload as shown, %r as it is, %x in hex, %S its size, %h headers, %T "
    "time in ms, "
    "%d time,\n"
    "%l latency in us, %j the JSON, %% and \\n \\t \\r \\0 \\\\ \\xHH.\n"
    "\n"
    "  zmesh sniff\n"
    "  zmesh sniff tcp://127.0.0.1:5601 'booking.*' --not '*.test' --where 'data.amount>100'\n"
    "  zmesh sniff tcp://127.0.0.1:5601 booking. --since 10m --follow\n"
    "  zmesh sniff --journal /var/lib/bookings --last 100 -f '%d %k %s\\n'\n"
    "  zmesh sniff @bookings --from earliest --json --grep refund | jq .payload\n"
    "\n"
    "Exit status: 0 done; 2 wrong usage; 3 no publisher answers; 4 --wait has passed and nothing, or less "
    "than --count, "
    "came;\n"
    "5 a journal is damaged.";

}  // namespace

void add_sniff(CLI::App& app, Chosen& chosen) {
  auto texts = std::make_shared<SniffTexts>();
  auto& options = texts->options;
  auto* command = app.add_subcommand("sniff", "Watch events without being a group or acknowledging anything");
  const auto seconds = [](const std::string& text) { return parse_duration(text, std::chrono::seconds(1)); };
  const auto duration = [](const std::string& text) { return parse_duration(text); };
  command->add_option("SOURCE|TOPIC", texts->words,
                      "Control endpoints (tcp://, ipc://), @NAME, and topics, in any order");
  repeated(command->add_option("--journal", options.journals,
                               "Read this journal, whether its publisher runs or not"),
           "DIR");
  command->add_option("--from", texts->from, "Begin at SEQ, earliest, latest or time:RFC3339")
      ->check(parsed_by(parse_start, "WHERE"));
  command->add_option("--since", texts->since, "Begin with what is this old: 10m, 2h")
      ->check(parsed_by(duration, "DURATION"));
  command->add_option("--last", options.start.last, "Begin with the last N events")
      ->check(CLI::PositiveNumber);
  command->add_flag("-F,--follow", options.follow, "Go on at the head");
  command->add_flag("--complete", options.complete, "Fall behind rather than leave events out");
  command->add_option("--count", options.count, "End after N events")->check(CLI::PositiveNumber);
  command->add_option("--wait", texts->wait, "End after this long without an event")
      ->check(parsed_by(seconds, "SECONDS"));
  add_filter_options(*command, options.filter);
  add_form_options(*command, *texts);
  command->add_flag("-v,--verbose", options.verbose, "Say more on stderr");
  command->footer(sniff_footer);
  command->callback([texts, &chosen] { chosen.run = [texts] { return run_sniff(*texts); }; });
}

}  // namespace zmesh
