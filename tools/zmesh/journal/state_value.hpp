// Values of a journal's state tables, read by FORMAT.md.
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace zmesh {

/// The MessagePack array of a state value; nothing: it is none, or of another version.
inline std::optional<nlohmann::ordered_json> state_value(std::string_view bytes) {
  auto json = nlohmann::ordered_json::from_msgpack(bytes.begin(), bytes.end(), true, false);
  if (!json.is_array() || json.empty() || json[0] != 1) return {};
  return json;
}

}  // namespace zmesh
