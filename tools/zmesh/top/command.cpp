#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>
#include <tools/zmesh/top/top.hpp>

namespace zmesh {

void add_top(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<TopOptions>();
  auto* command =
      app.add_subcommand("top", "Watch rates, lag, retries and parked events per topic, group, publisher");
  command->add_option("EP", options->where, "Control endpoints or @NAMEs; none: every node of this machine");
  command->add_option("--view", options->view, "Begin with topics, groups or publishers")
      ->check(CLI::IsMember({"topics", "groups", "publishers"}))
      ->capture_default_str();
  command->add_option("--sort", options->sort, "By this column of the view, or by name")->type_name("COLUMN");
  command->add_option("--filter", options->filter, "Only names that contain this text");
  command->add_option("--interval", options->interval, "How often it looks")
      ->check(parsed_by(
          [](const std::string& text) {
            auto interval = parse_duration(text, std::chrono::seconds(1));
            if (interval && *interval < std::chrono::milliseconds(100))
              interval = mesh::fail(mesh::Errc::invalid_argument, "at least 100ms");
            return interval;
          },
          "DURATION"))
      ->capture_default_str();
  command->add_option("--count", options->count, "End after N times")->check(CLI::PositiveNumber);
  command->add_flag("--plain", options->plain, "Lines instead of a screen, as where there is no terminal");
  command->add_flag("--json", options->json, "One object per row, each time");
  command->footer(
      "On a terminal: Tab or 1 2 3 changes the view, s sorts by the next column, r turns the order round, / "
      "filters, p "
      "pauses,\nEnter opens the newest event of a topic or the members of a group, ? tells of the keys, q "
      "quits. Topics "
      "are counted\nas they come by the live stream, from the start of top on.\n"
      "\n"
      "  zmesh top\n"
      "  zmesh top tcp://127.0.0.1:5601 --view groups --sort parked\n"
      "  zmesh top @bookings --plain --count 3 --interval 5s\n"
      "  zmesh top --json --view groups --count 1 | jq 'select(.lag > 1000)'\n"
      "\n"
      "Exit status: 0 done; 2 wrong usage; 3 no publisher was found.");
  command->callback([options, &chosen] { chosen.run = [options] { return top(*options); }; });
}

}  // namespace zmesh
