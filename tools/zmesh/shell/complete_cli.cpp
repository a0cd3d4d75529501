#include <algorithm>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/option.hpp>
#include <tools/zmesh/shell/shell.hpp>

namespace zmesh {
namespace {

bool visible(const CLI::App* app) {
  return !app->get_group().empty();
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

/// The values of "TEXT:{a,b}" in an option's type.
std::vector<Candidate> members_of(const CLI::Option& option) {
  std::vector<Candidate> values;
  const auto type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return values;
  for (auto& value : CLI::detail::split(type.substr(open + 1, close - open - 1), ','))
    values.push_back({std::move(value), ""});
  return values;
}

void join(std::vector<Candidate>& all, std::vector<Candidate> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// By the name of a positional, or the type of an option's value.
std::vector<Candidate> values_of(const CLI::Option& option, const std::vector<std::string>& words,
                                 bool& files) {
  auto values = members_of(option);
  if (!values.empty()) return values;
  const auto kind = option.get_positional() ? option.get_single_name() : option.get_type_name();
  const auto is = [&](std::string_view part) { return kind.find(part) != std::string::npos; };
  if (option.check_lname("group") || kind == "GROUP") return live_groups(words);
  if (option.check_lname("sort")) return {};
  if (is("TOPIC") || kind == "PREFIX") join(values, live_topics());
  if (is("EP") || is("SOURCE") || kind == "WHERE") join(values, live_nodes());
  if ((option.check_lname("from") && !is("EP")) || option.check_lname("start"))
    join(values, {{"earliest", ""}, {"latest", ""}});
  files = files || is("FILE") || is("DIR") || kind == "FROM" || kind == "TO" ||
          (kind == "WHERE" && option.get_positional());
  return values;
}

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  for (const auto* option : options_of(app)) {
    if (word.starts_with("--") ? option->check_lname(word.substr(2))
                               : word.size() == 2 && word[0] == '-' && option->check_sname(word.substr(1)))
      return option;
  }
  return nullptr;
}

bool takes_value(const CLI::Option& option) {
  return option.get_expected_max() > 0;
}

}  // namespace

std::vector<Candidate> complete(const CLI::App& root, const std::vector<std::string>& words, bool& files) {
  files = false;
  const CLI::App* app = &root;
  const CLI::Option* waiting = nullptr;  // an option whose value comes next
  std::size_t positionals = 0;
  for (std::size_t at = 0; at + 1 < words.size(); ++at) {
    if (waiting != nullptr) {
      waiting = nullptr;
      continue;
    }
    if (words[at].starts_with('-')) {
      const auto* option = option_named(*app, words[at]);
      waiting = option != nullptr && takes_value(*option) ? option : nullptr;
      continue;
    }
    const CLI::App* below = nullptr;
    for (const auto* command : app->get_subcommands([](const CLI::App*) { return true; })) {
      if (command->get_name() == words[at]) below = command;
    }
    if (below != nullptr) {
      app = below;
      positionals = 0;
    } else {
      ++positionals;
    }
  }
  const auto current = words.empty() ? std::string() : words.back();
  std::vector<Candidate> candidates;
  if (waiting != nullptr) {
    candidates = values_of(*waiting, words, files);
  } else if (current.starts_with('-')) {
    for (const auto* option : options_of(*app)) {
      if (option->get_positional()) continue;
      for (const auto& name : option->get_lnames())
        candidates.push_back({"--" + name, option->get_description()});
    }
  } else {
    for (const auto* command : app->get_subcommands(visible)) {
      candidates.push_back({command->get_name(), command->get_description()});
    }
    // The positional in whose place the word stands; the last one may repeat.
    const CLI::Option* place = nullptr;
    std::size_t seen = 0;
    for (const auto* option : options_of(*app)) {
      if (option->get_positional() && (seen++ <= positionals)) place = option;
    }
    if (place != nullptr && place->get_single_name() == "COMMAND") {
      for (const auto* command : root.get_subcommands(visible))
        candidates.push_back({command->get_name(), command->get_description()});
    }
    if (place != nullptr && (seen > positionals || place->get_items_expected_max() > 1))
      join(candidates, values_of(*place, words, files));
  }
  std::erase_if(candidates, [&](const Candidate& candidate) { return !candidate.word.starts_with(current); });
  return candidates;
}

ExitCode complete_words(const CLI::App& app, const std::vector<std::string>& words) {
  bool files = false;
  std::string out;
  for (const auto& candidate : complete(app, words, files)) {
    auto about = candidate.about.substr(0, candidate.about.find('\n'));
    out += candidate.word + "\t" + about + "\n";
  }
  if (files) out += ":files\t\n";
  return write_out(out) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
