#include <tools/zmesh/command.hpp>
#include <tools/zmesh/health/check.hpp>
#include <tools/zmesh/health/doctor.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {

void add_check(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand(
      "check", "Judge lag, age, parked events, journal and disk by thresholds, for monitoring");
  const auto threshold = [&](const char* name, std::string& value, auto parse, const char* about) {
    command->add_option(name, value, about)
        ->check(parsed_by(parse, "WARNING,CRITICAL"))
        ->capture_default_str();
  };
  command->add_option("EP", options->where, "Control endpoints or @NAMEs; none: every node of this machine");
  command->add_option("--group", options->group, "Only this group");
  threshold("--lag", options->lag, parse_count_threshold, "Events a group may be behind; 0: any");
  threshold("--age", options->age, parse_duration_threshold, "Age of a group's oldest unsettled event");
  threshold("--parked", options->parked, parse_count_threshold, "Parked events of a group");
  threshold("--disk", options->disk, parse_share_threshold,
            "Used share of the disk of a journal of this machine");
  threshold("--journal", options->journal, parse_share_threshold,
            "Share of a journal's limit that may not be dropped to make room; at 100% publishing is refused");
  threshold("--full-in", options->full_in, parse_time_left_threshold,
            "Time until a journal reaches its limit at the present rate; less is worse, 0: any");
  command->add_flag("--unattended", options->unattended, "A group that nobody attends is critical");
  command->add_option("--format", options->format, "text, nagios, json or prometheus")
      ->check(CLI::IsMember({"text", "nagios", "json", "prometheus"}))
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [options] { options->format = "json"; }, "The same as --format json");
  command->add_option("--timeout", options->timeout, "How long to wait for an answer")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->capture_default_str();
  command->footer(
      "  zmesh check\n"
      "  zmesh check tcp://127.0.0.1:5601 --lag 1000,10000 --age 1m,10m --format nagios\n"
      "  zmesh check @bookings --group refunds --unattended --format prometheus\n"
      "  zmesh check --journal 70%,90% --full-in 1d,2h\n"
      "\n"
      "Exit status, as monitoring plugins have it: 0 all is well; 1 a warning; 2 something is critical, or a "
      "publisher "
      "does\nnot answer, or wrong usage; 3 unknown: there was nothing to look at.");
  command->callback([options, &chosen] { chosen.run = [options] { return check(*options); }; });
}

void add_doctor(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DoctorOptions>();
  auto* command = app.add_subcommand("doctor", "Look for what commonly goes wrong, and say what to do");
  command->add_option("EP", options->where, "Control endpoints or @NAMEs; none: every node of this machine");
  command->add_flag("--deep", options->deep, "Also verify every checksum of the journals of this machine");
  command->add_flag("--json", options->json, "One object per finding");
  command->add_option("--timeout", options->timeout, "How long to wait for an answer")
      ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
      ->capture_default_str();
  command->footer(
      "Reachability, versions, the live stream, clocks, disk space, limits of the process, dead "
      "subscriptions, groups "
      "that\nare paused or that nobody attends, parked and lost events.\n"
      "\n"
      "  zmesh doctor\n"
      "  zmesh doctor tcp://127.0.0.1:5601 --json\n"
      "  zmesh doctor @bookings --deep\n"
      "\n"
      "Exit status: 0 nothing to see to; 1 there is; 2 wrong usage; 3 no publisher was found.");
  command->callback([options, &chosen] { chosen.run = [options] { return doctor(*options); }; });
}

}  // namespace zmesh
