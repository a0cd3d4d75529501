#include <tools/zmesh/text/event_format.hpp>

#include <charconv>

#include <tools/zmesh/text/controls.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/payload_show.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr std::string_view format_letters = "topOkKsrxShTdlj";

mesh::Error bad_format(std::string text) {
  return mesh::fail(mesh::Errc::invalid_argument, std::move(text));
}

/// The character that the escape at the front of `text` stands for; `text` loses it.
mesh::Result<char> take_escape(std::string_view& text) {
  if (text.empty()) return bad_format("the format ends with a backslash");
  const char symbol = text.front();
  text.remove_prefix(1);
  switch (symbol) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    case '\\':
      return '\\';
    case 'x': {
      unsigned value = 0;
      const auto digits = text.substr(0, 2);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (error != std::errc{} || end != digits.data() + 2) return bad_format("\\x needs two hex digits");
      text.remove_prefix(2);
      return static_cast<char>(value);
    }
    default:
      return bad_format(std::string("unknown escape \\") + symbol + "; there are \\n \\t \\r \\0 \\\\ \\xHH");
  }
}

void append_header_list(std::string& out, const mesh::EventView& event) {
  bool first = true;
  mesh::for_each_header(event, [&](std::string_view name, std::string_view value) {
    if (!std::exchange(first, false)) out += ',';
    out += name;
    out += '=';
    out += value;
  });
}

void append_part(std::string& out, char letter, const mesh::EventView& event, const LineMarks& marks,
                 mesh::WallTime arrived) {
  switch (letter) {
    case 't':
      out += event.topic;
      break;
    case 'o':
      append_number(out, event.seq);
      break;
    case 'p':
      out += marks.name;
      break;
    case 'O':
      out += marks.origin;
      break;
    case 'k':
      out += event.key.value_or("");
      break;
    case 'K':
      append_number(out, event.key ? static_cast<std::int64_t>(event.key->size()) : std::int64_t{-1});
      break;
    case 's':
      append_payload_shown(out, event.payload, event.payload.size());
      break;
    case 'r':
      out += mesh::as_text(event.payload);
      break;
    case 'x':
      append_hex(out, event.payload);
      break;
    case 'S':
      append_number(out, std::uint64_t{event.payload.size()});
      break;
    case 'h':
      append_header_list(out, event);
      break;
    case 'T':
      append_number(out, event.time / 1'000'000);
      break;
    case 'd':
      append_time(out, event.time);
      break;
    case 'l':
      append_number(out, arrived > 0 ? (arrived - event.time) / 1000 : std::int64_t{-1});
      break;
    case 'j':
      append_event_json(out, event, marks);
      break;
    default:
      break;
  }
}

}  // namespace

mesh::Result<EventFormat> EventFormat::parse(std::string_view text) {
  EventFormat format;
  Part literal;
  while (!text.empty()) {
    const char symbol = text.front();
    text.remove_prefix(1);
    if (symbol == '\\') {
      const auto escaped = take_escape(text);
      if (!escaped) return escaped.error();
      literal.text += *escaped;
    } else if (symbol == '%' && text.starts_with('%')) {
      literal.text += '%';
      text.remove_prefix(1);
    } else if (symbol == '%') {
      if (text.empty() || format_letters.find(text.front()) == std::string_view::npos)
        return bad_format("unknown %" + std::string(text.substr(0, 1)) + " in the format; there are %" +
                          std::string(format_letters) + " and %%");
      if (!literal.text.empty()) format.parts_.push_back(std::exchange(literal, {}));
      format.parts_.push_back({text.front(), {}});
      text.remove_prefix(1);
    } else {
      literal.text += symbol;
    }
  }
  if (!literal.text.empty()) format.parts_.push_back(std::move(literal));
  return format;
}

void EventFormat::append(std::string& out, const mesh::EventView& event, const LineMarks& marks,
                         mesh::WallTime arrived, bool tame) const {
  for (const auto& part : parts_) {
    if (part.letter == 0) {
      out += part.text;
    } else if (tame && part.letter != 'r') {
      std::string text;
      append_part(text, part.letter, event, marks, arrived);
      append_escaped_controls(out, text);
    } else {
      append_part(out, part.letter, event, marks, arrived);
    }
  }
}

}  // namespace zmesh
