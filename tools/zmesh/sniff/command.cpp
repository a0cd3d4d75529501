#include <tools/zmesh/command.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/sniff/sniff.hpp>
#include <tools/zmesh/sniff/stream_options.hpp>

namespace zmesh {
namespace {

struct SniffTexts {
  SniffOptions options;
  StreamTexts stream;
  bool json = false, raw = false, hex = false, cloud_events = false, no_marks = false;
};

ExitCode run_sniff(SniffTexts texts) {
  auto& options = texts.options;
  using Form = SniffOptions::Form;
  if (texts.json + texts.raw + texts.hex + texts.cloud_events + !options.format.empty() > 1) {
    complain("--json, --raw, --hex, --cloudevents and -f exclude each other");
    return ExitCode::usage;
  }
  if (texts.json) options.form = Form::json;
  if (texts.raw) options.form = Form::raw;
  if (texts.hex) options.form = Form::hex;
  if (texts.cloud_events) options.form = Form::cloud_events;
  if (!options.format.empty()) options.form = Form::custom;
  options.stream.marks = !texts.no_marks;
  options.stream.outcomes = options.stream.marks && options.for_people();
  if (const auto understood = understand(texts.stream, options.stream); !understood)
    return report(understood.error());
  return sniff(options);
}

const std::string sniff_footer =
    std::string(
        "Without a source it watches every publisher of this machine that says where it is (`zmesh pub`, "
        "zmeshd);\n"
        "@NAME is one of them. Of publishers, without --from, --since and --last, it shows what comes from "
        "now on,\n"
        "until Ctrl-C; when the terminal is too slow for it, events are left out and counted rather than "
        "fall\n"
        "behind (--complete: never). Otherwise history first, and the end at the head unless told to "
        "--follow;\n"
        "nothing is left out then, and nothing is shown twice. Given a publisher and its --journal, the past "
        "is\n"
        "read from the journal and costs the publisher nothing. Several sources are merged by time.\n"
        "\n") +
    filter_help +
    "\n"
    "Lines beginning with -- tell what happened between events: gaps, restarts, failed attempts, parked "
    "events.\n"
    "With --json and the like they go to stderr. FORMAT knows %t topic, %o seq, %p publisher, %O its origin, "
    "%k\n"
    "key, %K its size, %s payload as shown, %r as it is, %x in hex, %S its size, %h headers, %T time in ms, "
    "%d\n"
    "time, %l latency in us, %j the JSON, %% and \\n \\t \\r \\0 \\\\ \\xHH. On a terminal control "
    "characters in "
    "%k, %h and\n"
    "%s are escaped.\n"
    "\n"
    "  zmesh sniff\n"
    "  zmesh sniff tcp://127.0.0.1:5601 'booking.*' --not '*.test' --where 'data.amount>100'\n"
    "  zmesh sniff tcp://127.0.0.1:5601 booking. --since 10m --follow\n"
    "  zmesh sniff --journal /var/lib/bookings --last 100 -f '%d %k %s\\n'\n"
    "  zmesh sniff @bookings --from earliest --json --grep refund | jq .payload\n"
    "\n"
    "Exit status: 0 done; 2 wrong usage; 3 no publisher answers; 4 --wait has passed and nothing, or less "
    "than\n"
    "--count, came; 5 a journal is damaged.";

}  // namespace

void add_sniff(CLI::App& app, Chosen& chosen) {
  auto texts = std::make_shared<SniffTexts>();
  auto* command = app.add_subcommand("sniff", "Watch events without being a group or acknowledging anything");
  add_stream_options(*command, texts->stream, texts->options.stream);
  command->add_flag("--complete", texts->options.stream.complete, "Fall behind rather than leave events out");
  command->add_option("-f,--format", texts->options.format, "As FORMAT says: %t %o %k %s ... (below)")
      ->type_name("FORMAT");
  command->add_flag("--json", texts->json, "One JSON object per event, as `sub` prints them");
  command->add_flag("--raw", texts->raw, "The payload's bytes, and a newline");
  command->add_flag("--hex", texts->hex, "The line, and the payload as a hex dump");
  command->add_flag("--cloudevents", texts->cloud_events, "One CloudEvents 1.0 object per event");
  command->add_flag("--latency", texts->options.latency,
                    "Begin each line with how long the event took to get here; sum it up at the end");
  command->add_flag("--wrap", texts->options.wrap, "Do not cut lines to the width of the terminal");
  command->add_flag("--no-marks", texts->no_marks,
                    "Say nothing of gaps, restarts, retries and parked events");
  command->footer(sniff_footer);
  command->callback([texts, &chosen] { chosen.run = [texts] { return run_sniff(*texts); }; });
}

}  // namespace zmesh
