#include <tools/zmesh/text/payload_show.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <journal/topic.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace zmesh {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Objects, arrays and strings only: a bare number or word is as well text.
bool append_json_document(std::string& out, std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || std::string_view("{[\"").find(text[begin]) == std::string_view::npos)
    return false;
  const auto document = nlohmann::ordered_json::parse(text, nullptr, false);
  if (document.is_discarded()) return false;
  out += document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return true;
}

bool is_plain_text(std::string_view text) {
  return mesh::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char symbol) {
           const auto byte = static_cast<unsigned char>(symbol);
           return (byte < 0x20 && symbol != '\t' && symbol != '\n' && symbol != '\r') || byte == 0x7f;
         });
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char symbol : text) {
    switch (symbol) {
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
        out += symbol;
    }
  }
}

}  // namespace

std::string_view to_string(PayloadKind kind) {
  switch (kind) {
    case PayloadKind::none:
      return "none";
    case PayloadKind::msgpack:
      return "msgpack";
    case PayloadKind::json:
      return "json";
    case PayloadKind::text:
      return "text";
    case PayloadKind::binary:
      return "binary";
  }
  return "unknown";
}

void append_hex(std::string& out, mesh::ByteView bytes) {
  for (const auto byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    out += hex_digits[value >> 4];
    out += hex_digits[value & 15];
  }
}

void append_hex_dump(std::string& out, mesh::ByteView bytes, std::string_view indent) {
  for (std::size_t line = 0; line < bytes.size(); line += 16) {
    const auto part = bytes.subspan(line, std::min<std::size_t>(16, bytes.size() - line));
    out += indent;
    for (int shift = 28; shift >= 0; shift -= 4) out += hex_digits[line >> shift & 15];
    out += "  ";
    for (std::size_t at = 0; at < 16; ++at) {
      if (at < part.size()) {
        append_hex(out, part.subspan(at, 1));
      } else {
        out += "  ";
      }
      out += at == 7 ? "  " : " ";
    }
    out += " |";
    for (const auto byte : part) {
      const auto symbol = std::to_integer<char>(byte);
      out += symbol >= 0x20 && symbol < 0x7f ? symbol : '.';
    }
    out += "|\n";
  }
}

bool append_payload_json(std::string& out, mesh::ByteView payload) {
  if (payload.empty()) return false;
  return append_payload(out, payload) || append_json_document(out, mesh::as_text(payload));
}

PayloadKind append_payload_shown(std::string& out, mesh::ByteView payload, std::size_t binary_bytes_max) {
  if (payload.empty()) return PayloadKind::none;
  if (append_payload(out, payload)) return PayloadKind::msgpack;
  const auto text = mesh::as_text(payload);
  if (append_json_document(out, text)) return PayloadKind::json;
  if (is_plain_text(text)) {
    append_escaped(out, text);
    return PayloadKind::text;
  }
  out += "hex ";
  append_hex(out, payload.first(std::min(payload.size(), binary_bytes_max)));
  if (payload.size() > binary_bytes_max) out += "...";
  return PayloadKind::binary;
}

}  // namespace zmesh
