#include <tools/zmesh/command.hpp>
#include <tools/zmesh/console.hpp>
#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/record/record.hpp>
#include <tools/zmesh/sniff/stream_options.hpp>

namespace zmesh {
namespace {

void add_record_itself(CLI::App& app, Chosen& chosen) {
  struct Texts {
    RecordOptions options;
    StreamTexts stream;
  };

  auto texts = std::make_shared<Texts>();
  auto* command = app.add_subcommand("record", "Write events to a file, as `sniff` would show them");
  command->add_option("FILE", texts->options.file, "Where to; - is stdout")->required();
  add_stream_options(*command, texts->stream, texts->options.stream);
  auto* append = command->add_flag("--append", texts->options.append, "Add to FILE");
  command->add_flag("--force", texts->options.force, "Replace FILE")->excludes(append);
  command->add_flag("--json", texts->options.json_lines, "JSON Lines instead of batches");
  command->footer(
      std::string(
          "Sources and places to begin are those of `zmesh sniff`; nothing is ever left out. FILE holds "
          "batches:\nMessagePack, checksummed, as in journals; `zmesh convert` makes JSON Lines of it.\n\n") +
      filter_help +
      "\n"
      "  zmesh record bookings.zm tcp://127.0.0.1:5601 booking. --since 1h\n"
      "  zmesh record all.zm --journal /var/lib/bookings --from earliest\n"
      "  zmesh record - @bookings --follow --json | gzip >bookings.jsonl.gz\n"
      "\n"
      "Exit status: 0 done; 1 FILE could not be written; 2 wrong usage; 3 no publisher answers; 4 less than "
      "--count "
      "came;\n5 a journal is damaged.");
  command->callback([texts, &chosen] {
    chosen.run = [texts] {
      if (const auto understood = understand(texts->stream, texts->options.stream); !understood)
        return report(understood.error());
      return record(texts->options);
    };
  });
}

void add_replay(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ReplayOptions>();
  auto* command =
      app.add_subcommand("replay", "Publish the events of a recording again, at its pace or another");
  command->add_option("FILE", options->file, "A recording, or JSON Lines; - is stdin (JSON Lines)")
      ->required();
  command->add_option("TOPIC", options->topics, "Only topics that match; as for `sniff`");
  command->add_option("--to", options->to, "Publish into this journal; without it, lines go to stdout")
      ->type_name("DIR");
  command->add_option("--rate", options->rate, "2x (of the recorded pace), 500/s or max")
      ->check(parsed_by(Pace::parse, "RATE"))
      ->capture_default_str();
  command->add_option("--control", options->control, "Where members attach to it")
      ->type_name("EP")
      ->capture_default_str();
  command->add_option("--from", options->from, "Begin with this seq");
  command->add_option("--count", options->count, "End after N events")->check(CLI::PositiveNumber);
  command->add_flag("--mark", options->mark, "Add the headers replayed-origin and replayed-seq");
  command->add_flag("--stay", options->stay, "Serve the journal after the last event, until Ctrl-C");
  command->add_flag("-v,--verbose", options->verbose, "Say more on stderr");
  command->footer(
      "Events get new seqs and times, as they are published anew; topic, key, headers and payload stay.\n"
      "\n"
      "  zmesh replay bookings.zm --to /tmp/copy --rate max\n"
      "  zmesh replay bookings.zm booking. --rate 2x --to /tmp/copy --control tcp://127.0.0.1:5609 --stay\n"
      "  zmesh replay bookings.zm --rate 100/s | zmesh pub --journal /tmp/copy --no-drain\n"
      "\n"
      "Exit status: 0 done; 1 an event could not be published; 2 wrong usage; 5 the recording is damaged; "
      "130 "
      "interrupted.");
  command->callback([options, &chosen] { chosen.run = [options] { return replay(*options); }; });
}

void add_convert(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<ConvertOptions>();
  auto* command =
      app.add_subcommand("convert", "Make JSON Lines of a recording, or a recording of JSON Lines");
  command
      ->add_option("FROM", options->from, "The file; what it is, is seen by looking; - is stdin (JSON Lines)")
      ->required();
  command->add_option("TO", options->to, "The other form of it; - is stdout")->required();
  command->add_flag("--force", options->force, "Replace TO");
  command->footer(
      "Origin, seq, time, topic, key, headers and payload come through both ways.\n"
      "\n"
      "  zmesh convert bookings.zm bookings.jsonl\n"
      "  zmesh convert bookings.jsonl copy.zm\n"
      "  zmesh convert bookings.zm - | jq .topic | sort | uniq -c\n"
      "\n"
      "Exit status: 0 done; 1 a file could not be read or written; 2 wrong usage, or a line that is no "
      "event; 5 "
      "damaged.");
  command->callback([options, &chosen] { chosen.run = [options] { return convert(*options); }; });
}

}  // namespace

void add_record(CLI::App& app, Chosen& chosen) {
  add_record_itself(app, chosen);
  add_replay(app, chosen);
  add_convert(app, chosen);
}

}  // namespace zmesh
