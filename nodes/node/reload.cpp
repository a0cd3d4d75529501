#include <nodes/node/reload.hpp>

#include <nodes/log/log.hpp>

namespace node {
namespace {

std::string title(const Part& part) {
  const std::string name(part.section->name);
  return part.section->repeated ? "[[" + name + "]] of group " + part.get<std::string>("group")
                                : "[" + name + "]";
}

}  // namespace

std::vector<std::string> needing_restart(const Config& before, const Config& after) {
  std::vector<std::string> found;
  for (const auto& section : sections()) {
    const auto earlier = before.all(section.name);
    const auto now = after.all(section.name);
    if (earlier.size() != now.size()) {
      found.push_back("the number of [[" + std::string(section.name) + "]]");
      continue;
    }
    for (std::size_t i = 0; i < now.size(); ++i)
      for (const auto& option : section.options)
        if (!option.reload &&
            earlier[i]->entries.at(option.key).value != now[i]->entries.at(option.key).value)
          found.push_back(title(*earlier[i]) + " " + std::string(option.key));
  }
  return found;
}

void reload(const Sources& sources, Config& config, Node& node) {
  std::vector<Problem> problems;
  auto wanted = read_config(sources, problems);
  // What could not be read says nothing about what goes together.
  const auto settings = problems.empty() ? settings_of(wanted, problems) : Settings{};
  if (!problems.empty()) {
    for (const auto& problem : problems) log(mesh::Level::error, "node.reload", problem.describe());
    log(mesh::Level::error, "node.reload", "the configuration has mistakes: nothing was changed");
    return;
  }
  for (const auto& option : needing_restart(config, wanted))
    log(mesh::Level::warning, "node.reload", option + " was changed, which needs a restart");
  set_log(settings.log_level, settings.log_format);
  node.reload(settings);
  // What needs a restart is still as it was, and is to be told again the next time.
  for (std::size_t i = 0; config.parts.size() == wanted.parts.size() && i < config.parts.size(); ++i)
    for (const auto& option : config.parts[i].section->options)
      if (option.reload) config.parts[i].entries[option.key] = wanted.parts[i].entries[option.key];
  log(mesh::Level::info, "node.reload", "the configuration was read again");
}

}  // namespace node
