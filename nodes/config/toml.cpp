// The only source that knows toml++.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <nodes/config/config.hpp>

namespace node {
namespace {

std::optional<Written> value_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return Written(text->get());
  if (const auto* number = node.as_integer()) return Written(number->get());
  if (const auto* flag = node.as_boolean()) return Written(flag->get());
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& entry : *list) {
    const auto* text = entry.as_string();
    if (text == nullptr) return std::nullopt;
    texts.push_back(text->get());
  }
  return Written(std::move(texts));
}

int line_of(const toml::node& node) {
  return static_cast<int>(node.source().begin.line);
}

FileTable table_of(std::string name, const toml::table& table, bool repeated, int line) {
  FileTable result{std::move(name), repeated, line, {}};
  for (const auto& [key, node] : table)
    result.keys.push_back(
        {std::string(key.str()), static_cast<int>(key.source().begin.line), value_of(node)});
  std::stable_sort(result.keys.begin(), result.keys.end(),
                   [](const auto& one, const auto& other) { return one.line < other.line; });
  return result;
}

/// "Error while parsing value: could not ..." is about the parser; what it found is behind the colon.
std::string reason_of(const toml::parse_error& error) {
  const auto text = error.description();
  const auto colon = text.find(": ");
  return "not TOML: " + std::string(text.substr(colon == std::string_view::npos ? 0 : colon + 2));
}

/// [[name]] is a list of tables; an empty list says nothing.
bool is_tables(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr || list->empty()) return false;
  return std::all_of(list->begin(), list->end(), [](const auto& entry) { return entry.is_table(); });
}

}  // namespace

mesh::Result<std::vector<FileTable>> read_toml(const std::string& path) {
  if (std::error_code unknown; std::filesystem::is_directory(path, unknown))
    return mesh::fail(mesh::Errc::not_found, "cannot be read: it is a directory");
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file)
    return mesh::fail(mesh::Errc::not_found,
                      std::string("cannot be read: ") + std::strerror(errno));  // NOLINT
  toml::table root;
  try {
    root = toml::parse(std::string_view(text.str()), std::string_view(path));
  } catch (const toml::parse_error& error) {
    return mesh::fail(mesh::Errc::invalid_argument,
                      std::to_string(error.source().begin.line) + ": " + reason_of(error));
  }
  std::vector<FileTable> tables;
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    if (const auto* table = node.as_table()) {
      tables.push_back(table_of(name, *table, false, static_cast<int>(key.source().begin.line)));
    } else if (is_tables(node)) {
      for (const auto& entry : *node.as_array())
        tables.push_back(table_of(name, *entry.as_table(), true, line_of(entry)));
    } else {
      tables.push_back(
          {"", false, line_of(node), {{name, static_cast<int>(key.source().begin.line), value_of(node)}}});
    }
  }
  std::stable_sort(tables.begin(), tables.end(),
                   [](const auto& one, const auto& other) { return one.line < other.line; });
  return tables;
}

}  // namespace node
