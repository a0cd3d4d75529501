// One written value against its option.
#pragma once

#include <nodes/config/config.hpp>

namespace node {

/// The value, or what is wrong with it as half a sentence that follows the option's name. A list may be one
/// text with commas where the source is a flag or variable (`single`).
mesh::Result<Value> parse_value(const Option& option, const Written& written, bool single);

}  // namespace node
