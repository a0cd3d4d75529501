#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/sub/sub.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {

void add_sub(CLI::App& app, Chosen& chosen) {
  struct Texts {
    SubOptions options;
    std::string idle, backoff, ack_wait, start = "earliest", order = "none", on_park = "go-on";
    bool json = false;
  };

  auto texts = std::make_shared<Texts>();
  auto& options = texts->options;
  auto* command = app.add_subcommand("sub", "Take a group's events: print them, or run a command for each");
  const auto seconds = [](const std::string& text) { return parse_duration(text, std::chrono::seconds(1)); };

  command->add_option("PREFIX", options.prefixes, "Topics that start with any of these; none: every topic");
  command
      ->add_option("--from", options.from, "Control endpoints of the publishers, or @NAMEs of this machine")
      ->required()
      ->delimiter(',')
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("EP[,EP...]");
  command->add_option("--group", options.group, "The durable group")
      ->required()
      ->check([](const std::string& name) {
        return mesh::valid_name(name) ? "" : "1 to 100 letters, digits and . _ - : @ /";
      });
  command->add_option("--member", options.member, "Name of this process in the group (default: HOST-PID-N)");
  command->add_option("--exec", options.exec, "Run CMD by /bin/sh for each event, with its JSON on stdin")
      ->type_name("CMD");
  command->add_option("--count", options.count, "End after N events were handled")
      ->check(CLI::PositiveNumber);
  command->add_option("--idle", texts->idle, "End after this long without an event")
      ->check(parsed_by(seconds, "SECONDS"));
  command
      ->add_option("--attempts-max", options.retry.attempts_max, "Park an event when N attempts have failed")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      ->add_option("--backoff", texts->backoff,
                   "Delays before attempt 2, 3, ...; the last repeats (100ms,1s,...)")
      ->check(parsed_by(parse_durations, "DURATIONS"));
  command->add_option("--ack-wait", texts->ack_wait, "A handler that runs longer has failed (default 30s)")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"));
  command->add_option("--concurrency", options.concurrency, "Events handled at once; never two of one key")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--start", texts->start, "Where a new group begins: earliest, latest, seq:N, time:RFC3339")
      ->check(parsed_by(parse_start, "WHERE"))
      ->capture_default_str();
  command->add_option("--event-bytes-max", options.event_bytes_max, "Largest event accepted")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command
      ->add_option("--delivery", options.delivery,
                   "live: from the live stream; direct: only this member's events are sent, by fetch")
      ->transform(CLI::CheckedTransformer(std::map<std::string, mesh::DeliveryPath>{
          {"live", mesh::DeliveryPath::live}, {"direct", mesh::DeliveryPath::direct}}))
      ->type_name("live|direct")
      ->default_str("live");
  command
      ->add_option("--order", texts->order,
                   "key: later events of a key wait for one that failed; none: they pass it")
      ->check(CLI::IsMember({"none", "key"}))
      ->capture_default_str();
  command
      ->add_option("--on-park", texts->on_park,
                   "With --order key, when one is parked: later events of its key go-on, or park-key")
      ->check(CLI::IsMember({"go-on", "park-key"}))
      ->capture_default_str();
  command->add_flag("--json", texts->json, "Lines are JSON anyway");
  command->add_flag("-v,--verbose", options.verbose, "Say more on stderr");
  command->footer(
      "Prints a line of JSON per event, which is acknowledged once its line is written. Trouble with stdout "
      "ends\n"
      "it, and is not charged to an event: what was in hand comes again as redelivered. With --exec nothing "
      "is\n"
      "printed; CMD's exit status decides: 0 handled, 65 park (the end of its stderr is the reason), "
      "anything\n"
      "else retry. It also finds ZMESH_TOPIC, ZMESH_KEY, ZMESH_SEQ, ZMESH_ATTEMPT, ZMESH_NAME, ZMESH_ORIGIN "
      "and\n"
      "ZMESH_GROUP in its environment. A CMD that outlives --ack-wait is killed.\n"
      "\n"
      "  zmesh sub --from tcp://127.0.0.1:5601 --group notifications booking. payment.refunded\n"
      "  zmesh sub --from tcp://127.0.0.1:5601 --group audit --count 10 --idle 5\n"
      "  zmesh sub --from tcp://127.0.0.1:5601 --group ledger --order key --on-park park-key\n"
      "  zmesh sub --from ipc:///run/bookings,ipc:///run/payments --group mail --exec ./send-mail "
      "--concurrency 4\n"
      "\n"
      "Exit status: 0 ended by Ctrl-C or --idle after a drain, or --count reached; 1 stdout was gone; 2 "
      "wrong\n"
      "usage; 3 --idle passed and a publisher never answered; 4 --idle passed and nothing, or less than "
      "--count,\n"
      "was received; 130 interrupted before --count.");
  command->callback([texts, &chosen] {
    auto& wanted = texts->options;
    if (!texts->idle.empty()) wanted.idle = parse_duration(texts->idle, std::chrono::seconds(1)).value();
    if (!texts->backoff.empty()) wanted.retry.backoff = parse_durations(texts->backoff).value();
    if (!texts->ack_wait.empty()) wanted.retry.ack_wait = parse_duration(texts->ack_wait).value();
    wanted.start = parse_start(texts->start).value();
    if (texts->order == "key") wanted.retry.order = mesh::Order::key;
    if (texts->on_park == "park-key") wanted.retry.on_park = mesh::OnPark::park_key;
    chosen.run = [texts] { return sub(texts->options); };
  });
}

}  // namespace zmesh
