// Whether a line of JSON can be carried exactly as it stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace zmesh {

/// What stands against a line: that it is not JSON, is nested deeper than depth_max, names a field of an
/// object twice (a parser would keep one of them and drop the other), or has an integer beyond 64 bits (which
/// would become the nearest floating-point number). Nothing: it is fine.
std::optional<std::string> json_trouble(std::string_view line, int depth_max);

}  // namespace zmesh
