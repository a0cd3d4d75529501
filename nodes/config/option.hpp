// The option table: everything that can be configured, once. The commented default, --print-config,
// --check-config, the flags, the environment's names and the checks all come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace node {

enum class Kind : std::uint8_t {
  text,
  texts,  ///< a list of strings
  flag,   ///< true or false
  integer,
  size,       ///< bytes: 4096 or "4 MiB"
  duration,   ///< "1.5s"
  durations,  ///< ["100ms", "1s"]
};

/// What is wrong with a text, as half a sentence; empty: nothing.
using CheckText = std::string (*)(const std::string& text);

struct Option {
  std::string_view key;
  Kind kind = Kind::text;
  std::string_view value;  ///< the default, as it is written in the file
  std::string_view doc;
  // Bounds of integer (a number), size (bytes), duration (nanoseconds); both 0: none.
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view choices{};  ///< of a text: "text|json"
  CheckText check = nullptr;   ///< of a text that is not empty, and of each of a list
  bool reload = false;         ///< SIGHUP takes it over; the others need a restart
  bool secret = false;         ///< not shown by --print-config
};

struct Section {
  std::string_view name;
  bool repeated = false;  ///< [[name]]: any number of them, without flags and environment
  std::string_view doc;
  std::span<const Option> options;
};

/// All sections, in the order in which they are written.
std::span<const Section> sections();

const Section* find_section(std::string_view name);
const Option* find_option(const Section& section, std::string_view key);

/// "ZMESH_GATEWAY_HTTP" and "--gateway-http" of [gateway] http.
std::string environment_name(const Section& section, const Option& option);
std::string flag_name(const Section& section, const Option& option);

/// "a size in bytes, such as 65536 or \"64 KiB\""
std::string_view kind_text(Kind kind);

}  // namespace node
