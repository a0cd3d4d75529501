#include <nodes/config/parse.hpp>

#include <charconv>
#include <limits>

#include <nodes/config/checks.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

mesh::Error bad_value(std::string text) {
  return mesh::fail(mesh::Errc::invalid_argument, std::move(text));
}

mesh::Error not_a(Kind kind) {
  return bad_value("must be " + std::string(kind_text(kind)));
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "64 KiB", "64k", "65536".
std::optional<std::int64_t> size_of(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  const auto number = whole(text.substr(0, digits));
  if (!number) return std::nullopt;
  if (digits == std::string_view::npos) return number;
  auto unit = text.substr(digits);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  constexpr std::pair<std::string_view, int> units[] = {{"B", 0},  {"K", 10},   {"k", 10}, {"KiB", 10},
                                                        {"M", 20}, {"MiB", 20}, {"G", 30}, {"GiB", 30},
                                                        {"T", 40}, {"TiB", 40}};
  for (const auto& [name, shift] : units) {
    if (unit != name) continue;
    if (*number > std::numeric_limits<std::int64_t>::max() >> shift) return std::nullopt;
    return *number << shift;
  }
  return std::nullopt;
}

mesh::Result<Value> bounded(const Option& option, std::int64_t number, Value value) {
  const bool any = option.least == 0 && option.most == 0;
  if (!any && (number < option.least || number > option.most)) {
    return bad_value("must be " + number_text(option, option.least) + " to " +
                     number_text(option, option.most));
  }
  return value;
}

mesh::Result<Value> parse_text(const Option& option, const std::string& text) {
  if (!option.choices.empty()) {
    std::vector<std::string> words;
    for (auto rest = option.choices; !rest.empty();
         rest.remove_prefix(std::min(rest.size(), words.back().size() + 1)))
      words.emplace_back(rest.substr(0, rest.find('|')));
    std::string list;
    for (const auto& word : words) {
      if (word == text) return Value(text);
      list += (list.empty() ? "" : word == words.back() ? " or " : ", ") + word;
    }
    return bad_value("must be " + list + ", not '" + text + "'");
  }
  if (option.check != nullptr && !text.empty())
    if (auto wrong = option.check(text); !wrong.empty()) return bad_value(wrong + ", not '" + text + "'");
  return Value(text);
}

mesh::Result<Value> parse_list(const Option& option, std::vector<std::string> texts) {
  if (option.kind == Kind::durations) {
    std::vector<mesh::Duration> durations;
    for (const auto& text : texts) {
      const auto duration = zmesh::parse_duration(text);
      if (!duration)
        return bad_value("must be " + std::string(kind_text(option.kind)) + ", not '" + text + "'");
      durations.push_back(*duration);
    }
    if (durations.empty() || durations.size() > 32) return bad_value("must have 1 to 32 durations");
    return Value(durations);
  }
  for (const auto& text : texts) {
    if (option.check == nullptr) continue;
    if (auto wrong = option.check(text); !wrong.empty()) return bad_value(wrong + ", not '" + text + "'");
  }
  return Value(std::move(texts));
}

std::vector<std::string> at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(text.size(), comma + 1));
  }
  return parts;
}

}  // namespace

mesh::Result<Value> parse_value(const Option& option, const Written& written, bool single) {
  const auto* text = std::get_if<std::string>(&written);
  const auto* number = std::get_if<std::int64_t>(&written);
  switch (option.kind) {
    case Kind::text:
      if (text == nullptr) return not_a(option.kind);
      return parse_text(option, *text);
    case Kind::texts:
    case Kind::durations:
      if (single && text != nullptr) return parse_list(option, at_commas(*text));
      if (const auto* texts = std::get_if<std::vector<std::string>>(&written))
        return parse_list(option, *texts);
      return not_a(option.kind);
    case Kind::flag:
      if (const auto* flag = std::get_if<bool>(&written)) return Value(*flag);
      if (single && text != nullptr && (*text == "true" || *text == "false")) return Value(*text == "true");
      return not_a(option.kind);
    case Kind::integer:
    case Kind::size: {
      std::optional<std::int64_t> found;
      if (number != nullptr) found = *number;
      if (text != nullptr && option.kind == Kind::size) found = size_of(*text);
      if (text != nullptr && option.kind == Kind::integer && single) found = whole(*text);
      if (!found) return not_a(option.kind);
      return bounded(option, *found, Value(*found));
    }
    case Kind::duration: {
      if (text == nullptr) return not_a(option.kind);
      const auto duration = zmesh::parse_duration(*text);
      if (!duration)
        return bad_value("must be " + std::string(kind_text(option.kind)) + ", not '" + *text + "'");
      return bounded(option, duration->count(), Value(*duration));
    }
  }
  return not_a(option.kind);
}

}  // namespace node
