// Text of others, where a terminal or a log shows it: control characters are commands to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace zmesh {

/// `text` with its control characters as \n \r \t or \xHH: those of ASCII, DEL, and those beyond (U+0080 to
/// U+009F, as UTF-8, as \xc2\xHH). Everything else as it is.
void append_escaped_controls(std::string& out, std::string_view text);

}  // namespace zmesh
