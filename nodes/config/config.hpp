// The configuration as values: each option of the table with its value and where that came from.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <journal/result.hpp>
#include <mesh/model/time.hpp>
#include <nodes/config/option.hpp>

namespace node {

/// text | list of texts | flag | integer or size | duration | durations.
using Value = std::variant<std::string, std::vector<std::string>, bool, std::int64_t, mesh::Duration,
                           std::vector<mesh::Duration>>;

/// As it was written, before the option's kind is known. A flag or variable is always a text.
using Written = std::variant<std::string, std::vector<std::string>, bool, std::int64_t>;

struct Entry {
  Value value;
  std::string source;  ///< "zmeshd.toml:12", "ZMESH_GATEWAY_HTTP", "--gateway-http"; empty: the default
};

/// One section: the only one of its name, or one of several.
struct Part {
  const Section* section = nullptr;
  std::string source;  ///< where it begins, for repeated ones
  std::map<std::string_view, Entry> entries;

  template <class T>
  const T& get(std::string_view key) const {
    return std::get<T>(entries.at(key).value);
  }

  const std::string& source_of(std::string_view key) const { return entries.at(key).source; }
};

struct Config {
  std::vector<Part> parts;  ///< in the order of the table

  const Part& part(std::string_view section) const;
  std::vector<const Part*> all(std::string_view section) const;
};

struct Problem {
  std::string source;  ///< may be empty
  std::string text;

  std::string describe() const { return source.empty() ? text : source + ": " + text; }
};

/// Where values come from; later ones win: file, environment, flags.
struct Sources {
  std::string file;                                                             ///< empty: none
  std::function<std::optional<std::string>(const std::string&)> environment{};  ///< by name
  std::map<std::string, std::string> flags{};                                   ///< by name: "--gateway-http"
  std::vector<std::string>
      variables{};  ///< names in the environment, in which misspelt options are looked for
};

/// Reads and checks all sources; every problem is added to `problems`, and where there are any the result is
/// only good for being checked further.
Config read_config(const Sources& sources, std::vector<Problem>& problems);

/// A value as it is written in the file.
std::string written(const Value& value, Kind kind);

/// The same of a number that bounds the option: a size, a duration or a plain one.
std::string number_text(const Option& option, std::int64_t number);

/// The file with every option, its default and what it means, all commented out.
std::string default_text();
/// The file that says the same as `config`, with where each value came from. Secrets are left out.
std::string config_text(const Config& config);

// ---- the file ------------------------------------------------------------------------------------------

struct FileKey {
  std::string key;
  int line = 0;
  std::optional<Written> value;  ///< none: of a kind that no option has
};

struct FileTable {
  std::string name;  ///< empty: the top
  bool repeated = false;
  int line = 0;
  std::vector<FileKey> keys;
};

/// The tables of a TOML file, in their order. Errors: not_found (cannot be read), invalid_argument; the text
/// begins with "LINE: " where the line is known.
mesh::Result<std::vector<FileTable>> read_toml(const std::string& path);

}  // namespace node
