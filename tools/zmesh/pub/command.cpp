#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/pub/pub.hpp>

namespace zmesh {

void add_pub(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<PubOptions>();
  auto* command = app.add_subcommand("pub", "Publish JSON Lines from a file or stdin");
  command->add_option("FILE", options->file, "File of JSON Lines; - is stdin")->capture_default_str();
  command->add_option("--journal", options->journal, "Directory of the journal; made when missing")
      ->required()
      ->type_name("DIR");
  command->add_option("--name", options->name,
                      "Name of the publisher (default: the journal's, or DIR's last part)");
  command->add_option("--control", options->control, "Where members attach: tcp://ADDRESS:PORT, ipc://PATH")
      ->capture_default_str()
      ->type_name("EP");
  command
      ->add_option("--events", options->events, "Where the live stream is sent (default: beside --control)")
      ->type_name("EP");
  command
      ->add_option("--durability", options->durability,
                   "What a confirmed event survives: disk (power loss) or os")
      ->check(CLI::IsMember({"disk", "os"}))
      ->capture_default_str();
  command->add_option("--topic", options->topic, "Topic of lines that name none");
  command->add_option("--key", options->key, "Key of lines that name none");
  command->add_flag("--confirm", options->confirm, "Print {\"seq\":N} for each event once it is committed");
  command->add_flag("--stay", options->stay, "Serve the journal after the last line, until Ctrl-C");
  command->add_flag("--no-drain", options->no_drain, "End after the last commit, whoever has not had it yet");
  command->add_flag("--strict", options->strict, "Stop at the first bad line");
  command->add_option("--group", options->groups, "A durable group that exists from the start; repeatable")
      ->type_name("NAME[=PREFIX,...]")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--event-bytes-max", options->event_bytes_max, "Largest event, encoded")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command
      ->add_option("--journal-bytes-max", options->journal_bytes_max,
                   "Refuse events when the journal is this big")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command->add_option("--segment-bytes", options->segment_bytes, "Size of a journal segment")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command->add_flag("--insecure", options->insecure, "Allow addresses other than loopback, unencrypted");
  command->add_flag("--json", options->json, "Also print the endpoints first, and a summary last, as JSON");
  command->add_flag("-v,--verbose", options->verbose, "Say more on stderr");
  command->footer(
      "A line is {\"topic\":\"booking.created\",\"key\":\"b-17\",\"headers\":{...},\"payload\":ANY JSON}, or "
      "with\n"
      "\"payload_base64\" for other bytes. Without --stay it ends when every durable group has settled all "
      "of it.\n"
      "\n"
      "  echo '{\"topic\":\"booking.created\",\"key\":\"b-17\",\"payload\":{\"customerId\":\"c-4\"}}' |\n"
      "    zmesh pub --journal /tmp/bookings --confirm\n"
      "  zmesh pub --journal /tmp/bookings --control tcp://127.0.0.1:5601 --stay events.jsonl\n"
      "  tail -F app.jsonl | zmesh pub --journal /var/lib/app --topic app.log --strict\n"
      "\n"
      "Exit status: 0 all published (and settled); 1 a line was bad or was not committed; 2 wrong usage;\n"
      "5 the journal is damaged; 130 interrupted before it was done.");
  command->callback([options, &chosen] { chosen.run = [options] { return pub(*options); }; });
}

}  // namespace zmesh
