// Headers that only a relay gives: where an event that was published again comes from (nodes/GATEWAY.md). An
// event of somebody else that had them would be taken for another one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <journal/batch.hpp>

namespace zmesh {

inline bool is_reserved_header(std::string_view name) {
  return name.starts_with("zmesh-");
}

inline bool has_reserved_headers(const mesh::EventInput& event) {
  return std::any_of(event.headers.begin(), event.headers.end(),
                     [](const mesh::Header& header) { return is_reserved_header(header.first); });
}

/// Error: invalid_headers, when the event has one.
inline mesh::Result<void> check_no_reserved_headers(const mesh::EventInput& event) {
  for (const auto& [name, value] : event.headers)
    if (is_reserved_header(name))
      return mesh::fail(mesh::Errc::invalid_headers,
                        "header '" + std::string(name) + "': names that begin with zmesh- are a relay's");
  return {};
}

/// The event's headers without them.
inline std::vector<mesh::Header> unreserved_headers(const mesh::EventInput& event) {
  std::vector<mesh::Header> headers;
  for (const auto& header : event.headers)
    if (!is_reserved_header(header.first)) headers.push_back(header);
  return headers;
}

}  // namespace zmesh
