#include <tools/zmesh/text/json_text.hpp>

#include <array>
#include <charconv>

namespace zmesh {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
  }
}

template <class Number>
void append_digits(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, at - plain);
    append_escape(out, byte);
    plain = at + 1;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  append_digits(out, number);
}

void append_number(std::string& out, std::int64_t number) {
  append_digits(out, number);
}

void append_base64(std::string& out, mesh::ByteView bytes) {
  std::size_t at = 0;
  const auto byte = [&](std::size_t index) { return static_cast<unsigned>(bytes[index]); };
  for (; at + 3 <= bytes.size(); at += 3) {
    const unsigned group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    for (const int shift : {18, 12, 6, 0}) out += base64_alphabet[group >> shift & 63];
  }
  if (at == bytes.size()) return;
  const bool two = at + 2 == bytes.size();
  const unsigned group = byte(at) << 16 | (two ? byte(at + 1) << 8 : 0U);
  out += base64_alphabet[group >> 18 & 63];
  out += base64_alphabet[group >> 12 & 63];
  out += two ? base64_alphabet[group >> 6 & 63] : '=';
  out += '=';
}

bool decode_base64(std::string_view text, std::string& bytes) {
  bytes.clear();
  const bool padded = text.size() % 4 == 0;
  for (int padding = 0; padded && padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  unsigned group = 0;
  int bits = 0;
  for (const char symbol : text) {
    const auto value = base64_alphabet.find(symbol);
    if (value == std::string_view::npos) return false;
    group = group << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 255);
  }
  // What is left over must be zero, so that each text has one meaning.
  return (group & ((1U << bits) - 1)) == 0;
}

}  // namespace zmesh
