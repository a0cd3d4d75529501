#include <tools/zmesh/text/event_line.hpp>

#include <vector>

#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/payload_show.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

void append_headers(std::string& out, const mesh::EventView& event) {
  out += ",\"headers\":{";
  std::vector<std::string_view> seen;  // a JSON object has each name once: the first wins
  mesh::for_each_header(event, [&](std::string_view name, std::string_view value) {
    for (const auto earlier : seen) {
      if (earlier == name) return;
    }
    if (!seen.empty()) out += ',';
    append_string(out, name);
    out += ':';
    append_string(out, value);
    seen.push_back(name);
  });
  out += '}';
}

/// One of six colours that read well on dark and light, by the topic's first word.
std::string_view topic_colour(std::string_view topic) {
  constexpr std::string_view colours[] = {"\x1b[32m", "\x1b[33m", "\x1b[34m",
                                          "\x1b[35m", "\x1b[36m", "\x1b[91m"};
  unsigned hash = 7;
  for (const char symbol : topic.substr(0, topic.find('.')))
    hash = hash * 31 + static_cast<unsigned char>(symbol);
  return colours[hash % std::size(colours)];
}

/// Control characters beyond ASCII (U+0080 to U+009F, as UTF-8) are commands to some terminals; so is DEL.
void tame_controls(std::string& out, std::size_t begin) {
  for (auto at = begin; at < out.size(); ++at) {
    const auto byte = static_cast<unsigned char>(out[at]);
    if (byte == 0x7f) out[at] = '?';
    if (byte != 0xc2 || at + 1 >= out.size() || static_cast<unsigned char>(out[at + 1]) >= 0xa0) continue;
    out[at] = out[at + 1] = '?';
  }
}

/// Cuts what begins at `begin` to that many characters, the last of which is then an ellipsis.
void cut_to_width(std::string& out, std::size_t begin, std::size_t width) {
  std::size_t columns = 0;
  std::size_t last = begin;  // of the character that the ellipsis would replace
  for (auto at = begin; at < out.size(); ++at) {
    if ((static_cast<unsigned char>(out[at]) & 0xc0) == 0x80) continue;
    if (++columns == width) last = at;
    if (columns > width) {
      out.resize(last);
      out += "\u2026";
      return;
    }
  }
}

}  // namespace

void append_event_json(std::string& out, const mesh::EventView& event, const LineMarks& marks) {
  out += "{\"origin\":\"";
  out += marks.origin;
  out += "\",\"name\":";
  append_string(out, marks.name);
  out += ",\"seq\":";
  append_number(out, event.seq);
  out += ",\"topic\":";
  append_string(out, event.topic);
  out += ",\"key\":";
  if (event.key) {
    append_string(out, *event.key);
  } else {
    out += "null";
  }
  if (marks.delivery) {
    out += ",\"attempt\":";
    append_number(out, std::uint64_t{marks.attempt});
    out += marks.redelivered ? ",\"redelivered\":true" : ",\"redelivered\":false";
    if (marks.redrives > 0) {
      out += ",\"redrives\":";
      append_number(out, std::uint64_t{marks.redrives});
    }
  }
  out += ",\"time\":\"";
  append_time(out, event.time);
  out += '"';
  append_headers(out, event);
  append_payload_field(out, event.payload);
  out += '}';
}

void append_event_text(std::string& out, const mesh::EventView& event, const LineMarks& marks,
                       const LineStyle& style) {
  const auto begin = out.size();
  const auto time = time_text(event.time);
  out += std::string_view(time).substr(11, 12);
  out += "  ";
  out += marks.name;
  out += " #";
  append_number(out, event.seq);
  out += "  ";
  const auto topic = out.size();
  out += event.topic;
  const auto topic_end = out.size();
  out += "  ";
  append_number(out, std::uint64_t{event.payload.size()});
  out += " B";
  if (event.key) {
    out += "  key=";
    append_string(out, *event.key);
  }
  mesh::for_each_header(event, [&](std::string_view name, std::string_view value) {
    out += "  ";
    append_string(out, name);
    out += '=';
    append_string(out, value);
  });
  if (!event.payload.empty()) {
    out += "  ";
    append_payload_shown(out, event.payload);
  }
  tame_controls(out, begin);
  if (style.width > 0) cut_to_width(out, begin, style.width);
  // Coloured last, as the codes take no column.
  if (!style.colour || out.size() < topic_end) return;
  out.insert(topic_end, "\x1b[0m");
  out.insert(topic, topic_colour(event.topic));
}

}  // namespace zmesh
