#include <tools/zmesh/text/controls.hpp>

namespace zmesh {
namespace {

void append_hex_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

}  // namespace

void append_escaped_controls(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\r') {
      out += "\\r";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      append_hex_escape(out, byte);
    } else if (byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) {
      append_hex_escape(out, byte);
      append_hex_escape(out, static_cast<unsigned char>(text[++at]));
    } else {
      out += text[at];
    }
  }
}

}  // namespace zmesh
