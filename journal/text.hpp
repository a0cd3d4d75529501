// The checks of topic.hpp as plain booleans, for the hot path: no Error is built.
#pragma once

#include <string_view>

namespace mesh::detail {

/// Size and alphabet of check_topic.
bool is_topic(std::string_view topic);

/// Every byte is below 0x80.
bool is_ascii(std::string_view text);

}  // namespace mesh::detail
