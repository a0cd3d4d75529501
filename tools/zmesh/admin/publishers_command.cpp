#include <tools/zmesh/admin/publishers.hpp>
#include <tools/zmesh/command.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {

void add_publishers(CLI::App& app, Chosen& chosen) {
  const auto common = [](CLI::App& command, PublishersOptions& options) {
    command.add_flag("--json", options.json, "One object per line");
    command.add_option("--timeout", options.timeout, "How long to wait for an answer")
        ->check(parsed_by([](const std::string& text) { return parse_duration(text); }, "DURATION"))
        ->capture_default_str();
  };
  auto options = std::make_shared<PublishersOptions>();
  auto* command =
      app.add_subcommand("publishers", "List publishers: head, size, groups, whether they answer");
  command->add_option("EP", options->where, "Control endpoints or @NAMEs; none: every node of this machine");
  common(*command, *options);
  command->footer(
      "  zmesh publishers\n"
      "  zmesh publishers tcp://127.0.0.1:5601 tcp://127.0.0.1:5602 --json\n"
      "\n"
      "Exit status: 0 done; 2 wrong usage; 3 none was found, or none answers.");
  command->callback([options, &chosen] { chosen.run = [options] { return publishers(*options); }; });

  auto of_members = std::make_shared<PublishersOptions>();
  auto* listing =
      app.add_subcommand("members", "List the members of the groups, and when they were heard of");
  listing->add_option("EP", of_members->where,
                      "Control endpoints or @NAMEs; none: every node of this machine");
  listing->add_option("--group", of_members->group, "Only of this group");
  common(*listing, *of_members);
  listing->footer(
      "  zmesh members\n"
      "  zmesh members tcp://127.0.0.1:5601 --group notifications --json\n"
      "\n"
      "Exit status: 0 done; 1 there is no such group; 2 wrong usage; 3 none was found, or none answers.");
  listing->callback([of_members, &chosen] { chosen.run = [of_members] { return members(*of_members); }; });
}

}  // namespace zmesh
