// The configuration as text: the commented default, and what is in force.

#include <nodes/config/config.hpp>

namespace node {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char symbol : text) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(symbol);
    if (symbol == '"' || symbol == '\\') {
      out += {'\\', symbol};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += std::string("\\u00") + hex[byte >> 4] + hex[byte & 15];
    } else {
      out += symbol;
    }
  }
  return out + '"';
}

std::string size_text(std::int64_t bytes) {
  constexpr std::pair<int, std::string_view> units[] = {{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}};
  for (const auto& [shift, unit] : units)
    if (bytes > 0 && bytes % (std::int64_t{1} << shift) == 0)
      return quoted(std::to_string(bytes >> shift) + " " + std::string(unit));
  return std::to_string(bytes);
}

/// Exact: "90s" is not "1m30s", but no value loses anything.
std::string duration_text(mesh::Duration duration) {
  constexpr std::pair<std::int64_t, std::string_view> units[] = {
      {3'600'000'000'000, "h"}, {60'000'000'000, "m"}, {1'000'000'000, "s"},
      {1'000'000, "ms"},        {1'000, "us"},         {1, "ns"}};
  for (const auto& [size, unit] : units)
    if (duration.count() != 0 && duration.count() % size == 0)
      return quoted(std::to_string(duration.count() / size) + std::string(unit));
  return quoted("0s");
}

/// The text in lines of at most 100 bytes, each behind "# ".
std::string comment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto cut = text.size();
    if (cut > 100) cut = text.rfind(' ', 100);
    out += "# " + std::string(text.substr(0, cut)) + "\n";
    text.remove_prefix(std::min(text.size(), cut + 1));
  }
  return out;
}

std::string bounds_text(const Option& option) {
  std::string text;
  if (!option.choices.empty()) {
    text = " One of: " + std::string(option.choices) + ".";
  } else if (option.least != 0 || option.most != 0) {
    text = " " + number_text(option, option.least) + " to " + number_text(option, option.most) + ".";
  }
  if (option.reload) text += " (SIGHUP)";
  return text;
}

}  // namespace

std::string number_text(const Option& option, std::int64_t number) {
  if (option.kind == Kind::duration) return duration_text(mesh::Duration(number));
  return option.kind == Kind::size ? size_text(number) : std::to_string(number);
}

std::string written(const Value& value, Kind kind) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return kind == Kind::size ? size_text(*number) : std::to_string(*number);
  if (const auto* duration = std::get_if<mesh::Duration>(&value)) return duration_text(*duration);
  std::string list;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    for (const auto& text : *texts) list += (list.empty() ? "" : ", ") + quoted(text);
  if (const auto* durations = std::get_if<std::vector<mesh::Duration>>(&value))
    for (const auto& duration : *durations) list += (list.empty() ? "" : ", ") + duration_text(duration);
  return "[" + list + "]";
}

std::string default_text() {
  std::string out =
      "# The configuration of zmeshd: every option with its default. `zmeshd --check-config FILE` checks a "
      "file,\n"
      "# `zmeshd --print-config` shows what is in force. A flag wins over the environment, that over the "
      "file.\n"
      "# (SIGHUP): taken over by a reload; the others need a restart.\n";
  for (const auto& section : sections()) {
    const std::string name(section.name);
    out += "\n" + comment(section.doc);
    out += section.repeated ? "# Any number of them.\n#[[" + name + "]]\n" : "[" + name + "]\n";
    for (const auto& option : section.options) {
      out += "\n" + comment(std::string(option.doc) + bounds_text(option));
      if (!section.repeated)
        out += "# " + environment_name(section, option) + ", " + flag_name(section, option) + "\n";
      out += "#" + std::string(option.key) + " = " + std::string(option.value) + "\n";
    }
  }
  return out;
}

std::string config_text(const Config& config) {
  std::string out;
  for (const auto& part : config.parts) {
    const std::string name(part.section->name);
    out += (out.empty() ? "" : "\n") + (part.section->repeated ? "[[" + name + "]]\n" : "[" + name + "]\n");
    for (const auto& option : part.section->options) {
      const auto& entry = part.entries.at(option.key);
      const auto* text = std::get_if<std::string>(&entry.value);
      if (option.secret && text != nullptr && !text->empty()) {
        out += "#" + std::string(option.key) + " is set  # " + entry.source + "\n";
        continue;
      }
      out += std::string(option.key) + " = " + written(entry.value, option.kind);
      out += entry.source.empty() ? "\n" : "  # " + entry.source + "\n";
    }
  }
  return out;
}

}  // namespace node
