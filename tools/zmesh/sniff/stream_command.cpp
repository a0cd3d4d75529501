#include <chrono>

#include <tools/zmesh/sniff/stream_options.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

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
  command.add_flag("-i,--ignore-case", filter.ignore_case, "--grep ignores upper and lower case");
  repeated(
      command.add_option("--where", filter.where, "Only where a field is so: 'data.amount>100', 'key=b-17'"),
      "CONDITION");
  command.add_option("--sample", filter.sample, "Only a share of the events: 1/100, 5%")
      ->check(parsed_by(parse_share, "SHARE"));
}

}  // namespace

const char* const filter_help =
    "A TOPIC is a prefix (booking.), or has wildcards: *.created, booking.*.eu, booking.# (# and > are the "
    "rest).\n"
    "A CONDITION is FIELD OP VALUE, or FIELD alone (it is there). FIELDs: data.NAME.NAME[INDEX], "
    "headers.NAME,\n"
    "topic, key, seq, size; OPs: = != > >= < <= and ~ (a regular expression).\n";

void add_stream_options(CLI::App& command, StreamTexts& texts, StreamOptions& options) {
  const auto seconds = [](const std::string& text) { return parse_duration(text, std::chrono::seconds(1)); };
  const auto duration = [](const std::string& text) { return parse_duration(text); };
  command.add_option("SOURCE|TOPIC", texts.words,
                     "Control endpoints (tcp://, ipc://), @NAME, and topics, in any order");
  repeated(command.add_option("--journal", options.journals,
                              "Read this journal, whether its publisher runs or not"),
           "DIR");
  command.add_option("--from", texts.from, "Begin at SEQ, earliest, latest or time:RFC3339")
      ->check(parsed_by(parse_start, "WHERE"));
  command.add_option("--since", texts.since, "Begin with what is this old: 10m, 2h")
      ->check(parsed_by(duration, "DURATION"));
  command.add_option("--last", options.start.last, "Begin with the last N events")
      ->check(CLI::PositiveNumber);
  command.add_flag("-F,--follow", options.follow, "Go on at the head");
  command.add_option("--count", options.count, "End after N events")->check(CLI::PositiveNumber);
  command.add_option("--wait", texts.wait, "End after this long without an event")
      ->check(parsed_by(seconds, "SECONDS"));
  add_filter_options(command, options.filter);
  command.add_flag("-v,--verbose", options.verbose, "Say more on stderr");
}

mesh::Result<void> understand(const StreamTexts& texts, StreamOptions& options) {
  if (!texts.from.empty() + !texts.since.empty() + (options.start.last > 0) > 1)
    return mesh::fail(mesh::Errc::invalid_argument, "--from, --since and --last exclude each other");
  if (!texts.from.empty()) options.start.from = parse_start(texts.from).value();
  if (!texts.since.empty()) {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    options.start.from =
        mesh::Start{mesh::Start::Kind::time, 0, now - parse_duration(texts.since).value().count()};
  }
  if (!texts.wait.empty()) options.wait = parse_duration(texts.wait, std::chrono::seconds(1)).value();
  for (const auto& word : texts.words) {
    if (word.find("://") != std::string::npos) {
      options.endpoints.push_back(word);
    } else if (word.starts_with('@')) {
      options.names.push_back(word.substr(1));
    } else {
      options.filter.topics.push_back(word);
    }
  }
  return {};
}

}  // namespace zmesh
