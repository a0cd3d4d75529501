#include <nodes/config/config.hpp>

#include <algorithm>

#include <nodes/config/checks.hpp>
#include <nodes/config/parse.hpp>
#include <tools/zmesh/text/nearest.hpp>

namespace node {
namespace {

/// A default is written as in a file; lists of it have no commas inside their strings.
Written default_written(const Option& option) {
  const auto text = option.value;
  switch (option.kind) {
    case Kind::text:
    case Kind::duration:
    case Kind::size:
      return std::string(text.substr(1, text.size() - 2));
    case Kind::flag:
      return text == "true";
    case Kind::integer:
      return std::stoll(std::string(text));
    case Kind::texts:
    case Kind::durations:
      break;
  }
  std::vector<std::string> parts;
  for (auto rest = text; rest.find('"') != std::string_view::npos;) {
    rest.remove_prefix(rest.find('"') + 1);
    parts.emplace_back(rest.substr(0, rest.find('"')));
    rest.remove_prefix(rest.find('"') + 1);
  }
  return parts;
}

Part defaults_of(const Section& section) {
  Part part{&section, "", {}};
  for (const auto& option : section.options)
    part.entries[option.key] = {parse_value(option, default_written(option), false).value(), ""};
  return part;
}

class ConfigReader {
 public:
  ConfigReader(const Sources& sources, std::vector<Problem>& problems)
      : sources_(sources), problems_(problems) {}

  Config read() {
    std::vector<FileTable> tables;
    if (!sources_.file.empty()) {
      auto read = read_toml(sources_.file);
      if (read) {
        tables = std::move(*read);
      } else {
        const bool line = read.error().code == mesh::Errc::invalid_argument;
        problems_.push_back(
            {line ? "" : sources_.file, (line ? sources_.file + ":" : "") + read.error().text});
      }
    }
    Config config;
    for (const auto& section : sections()) {
      if (!section.repeated) config.parts.push_back(single(section, tables));
      for (const auto& table : tables)
        if (section.repeated && table.repeated && table.name == section.name) {
          config.parts.push_back(defaults_of(section));
          config.parts.back().source = at(table.line);
          take(config.parts.back(), table);
        }
    }
    for (const auto& table : tables) check_table(table);
    for (const auto& variable : sources_.variables) check_variable(variable);
    return config;
  }

 private:
  std::string at(int line) const { return sources_.file + ":" + std::to_string(line); }

  Part single(const Section& section, const std::vector<FileTable>& tables) {
    auto part = defaults_of(section);
    for (const auto& table : tables)
      if (!table.repeated && table.name == section.name) take(part, table);
    for (const auto& option : section.options) {
      const auto variable = environment_name(section, option);
      if (sources_.environment)
        if (const auto text = sources_.environment(variable)) set(part, option, *text, variable, true);
      const auto flag = sources_.flags.find(flag_name(section, option));
      if (flag != sources_.flags.end()) set(part, option, flag->second, flag->first, true);
    }
    return part;
  }

  void take(Part& part, const FileTable& table) {
    for (const auto& key : table.keys) {
      const auto* option = find_option(*part.section, key.key);
      if (option == nullptr) {
        unknown_key(*part.section, key);
      } else if (!key.value) {
        problems_.push_back({at(key.line), key.key + " must be " + std::string(kind_text(option->kind))});
      } else {
        set(part, *option, *key.value, at(key.line), false);
      }
    }
  }

  void set(Part& part, const Option& option, const Written& written, std::string source, bool single) {
    auto value = parse_value(option, written, single);
    if (!value) {
      const auto name = single ? std::string() : std::string(option.key) + " ";
      problems_.push_back({source, name + value.error().text});
      return;
    }
    part.entries[option.key] = {std::move(*value), std::move(source)};
  }

  void unknown_key(const Section& section, const FileKey& key) {
    std::vector<std::string> names;
    for (const auto& option : section.options) names.emplace_back(option.key);
    const auto near = zmesh::nearest(key.key, names);
    std::string text = "[" + std::string(section.name) + "] has no option '" + key.key + "'";
    if (!near.empty()) {
      text += "; is '" + near + "' meant?";
    } else {
      for (const auto& other : sections())
        if (find_option(other, key.key) != nullptr) {
          text += "; [" + std::string(other.name) + "] has one";
          break;
        }
    }
    problems_.push_back({at(key.line), std::move(text)});
  }

  void check_table(const FileTable& table) {
    if (table.name.empty()) {
      const auto& key = table.keys.front();
      const auto* section = find_section(key.key);
      problems_.push_back({at(key.line), section != nullptr
                                             ? key.key + " is a section: write " + header(*section)
                                             : "'" + key.key + "' stands outside of any section"});
      return;
    }
    const auto* section = find_section(table.name);
    if (section == nullptr) {
      std::vector<std::string> names;
      for (const auto& known : sections()) names.emplace_back(known.name);
      const auto near = zmesh::nearest(table.name, names);
      problems_.push_back({at(table.line), "there is no section [" + table.name + "]" +
                                               (near.empty() ? "" : "; is [" + near + "] meant?")});
    } else if (section->repeated != table.repeated) {
      problems_.push_back({at(table.line), std::string(section->repeated ? "there may be several of it"
                                                                         : "there is only one") +
                                               ": write " + header(*section)});
    }
  }

  /// What is near to an option or is one of another section is a mistake. Anything else is not ours: others
  /// set ZMESH_... too, such as Kubernetes for a service of that name.
  void check_variable(const std::string& variable) {
    for (const auto& section : sections()) {
      if (section.repeated) continue;
      std::vector<std::string> names;
      for (const auto& option : section.options) names.push_back(environment_name(section, option));
      const auto prefix = variable_prefix(section);
      if (!variable.starts_with(prefix)) continue;
      if (std::find(names.begin(), names.end(), variable) != names.end()) return;
      for (auto& name : names) name.erase(0, prefix.size());
      const auto key = variable.substr(prefix.size());
      if (const auto near = zmesh::nearest(key, names); !near.empty())
        problems_.push_back({variable, "there is no such option; is " + prefix + near + " meant?"});
      else if (const auto other = variable_of_other_section(key); !other.empty())
        problems_.push_back({variable, "there is no such option, but there is " + other});
    }
  }

  static std::string variable_prefix(const Section& section) {
    const auto& option = section.options.front();
    const auto name = environment_name(section, option);
    return name.substr(0, name.size() - option.key.size());
  }

  static std::string variable_of_other_section(const std::string& key) {
    for (const auto& section : sections()) {
      if (section.repeated) continue;
      for (const auto& option : section.options)
        if (auto name = environment_name(section, option); name == variable_prefix(section) + key)
          return name;
    }
    return {};
  }

  static std::string header(const Section& section) {
    const std::string name(section.name);
    return section.repeated ? "[[" + name + "]]" : "[" + name + "]";
  }

  const Sources& sources_;
  std::vector<Problem>& problems_;
};

}  // namespace

const Part& Config::part(std::string_view section) const {
  return *all(section).at(0);
}

std::vector<const Part*> Config::all(std::string_view section) const {
  std::vector<const Part*> found;
  for (const auto& part : parts)
    if (part.section->name == section) found.push_back(&part);
  return found;
}

Config read_config(const Sources& sources, std::vector<Problem>& problems) {
  return ConfigReader(sources, problems).read();
}

}  // namespace node
