#include <tools/zmesh/admin/parked_text.hpp>

#include <nlohmann/json.hpp>

#include <mesh/admin.hpp>
#include <tools/zmesh/text/event_line.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

Json attempts_json(const mesh::ParkedEvent& parked) {
  auto attempts = Json::array();
  for (const auto& attempt : parked.attempts) {
    attempts.push_back({{"attempt", attempt.number},
                        {"at", time_text(attempt.at)},
                        {"took_seconds", std::chrono::duration<double>(attempt.took).count()},
                        {"member", attempt.member},
                        {"reason", std::string(mesh::to_string(attempt.reason))},
                        {"text", attempt.text}});
  }
  return attempts;
}

/// Text of a handler on one line.
std::string one_line(std::string text, std::size_t size_max) {
  for (auto& symbol : text) {
    if (static_cast<unsigned char>(symbol) < 0x20) symbol = ' ';
  }
  if (text.size() > size_max) {
    auto cut = size_max;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    text.resize(cut);
    text += "...";
  }
  return text;
}

std::string last_text(const mesh::ParkedEvent& parked) {
  return parked.attempts.empty() ? "" : one_line(parked.attempts.back().text, 60);
}

}  // namespace

std::string parked_json(const mesh::ParkedEvent& parked, const mesh::Info& publisher) {
  std::string line;
  const auto origin = publisher.origin.hex();
  if (const auto event = mesh::decode_parked(parked)) {
    LineMarks marks{origin, publisher.name};
    marks.delivery = false;
    append_event_json(line, *event, marks);
    line.pop_back();
  } else {
    line = "{\"origin\":\"" + origin + "\",\"seq\":" + std::to_string(parked.seq) + ",\"error\":";
    append_string(line, event.error().describe());
  }
  line += ",\"parked_at\":\"" + time_text(parked.parked_at) + "\",\"reason\":\"";
  line += mesh::to_string(parked.reason);
  line += "\",\"redrives\":" + std::to_string(parked.redrives);
  line += ",\"attempts\":" + attempts_json(parked).dump(-1, ' ', false, Json::error_handler_t::replace) + "}";
  return line;
}

std::string parked_details(const mesh::ParkedEvent& parked, const mesh::Info& publisher) {
  std::string text;
  if (const auto event = mesh::decode_parked(parked)) {
    LineMarks marks{"", publisher.name};
    append_event_text(text, *event, marks, {});
    text += '\n';
  } else {
    text = "#" + std::to_string(parked.seq) + "  " + event.error().describe() + "\n";
  }
  text += "  parked " + time_text(parked.parked_at) + ": " + std::string(mesh::to_string(parked.reason));
  if (parked.redrives > 0) text += ", redriven " + std::to_string(parked.redrives) + " times before";
  text += '\n';
  for (const auto& attempt : parked.attempts) {
    text += "  attempt " + std::to_string(attempt.number) + "  " + time_text(attempt.at) + "  by " +
            attempt.member;
    if (attempt.took.count() > 0) text += ", took " + duration_text(attempt.took);
    text += ": " + std::string(mesh::to_string(attempt.reason));
    if (!attempt.text.empty()) text += ": " + one_line(attempt.text, 400);
    text += '\n';
  }
  return text;
}

std::string parked_table(const std::vector<mesh::ParkedEvent>& events) {
  std::vector<std::vector<std::string>> rows = {
      {"SEQ", "TOPIC", "KEY", "REASON", "ATTEMPTS", "REDRIVES", "PARKED AT", "LAST WORDS"}};
  for (const auto& parked : events) {
    std::string topic = "?";
    std::string key = "-";
    if (const auto event = mesh::decode_parked(parked)) {
      topic = event->topic;
      if (event->key) key = one_line(std::string(*event->key), 40);
    }
    const auto attempts = parked.attempts.empty() ? 0 : parked.attempts.back().number;
    rows.push_back({std::to_string(parked.seq), topic, key, std::string(mesh::to_string(parked.reason)),
                    std::to_string(attempts), std::to_string(parked.redrives),
                    time_text(parked.parked_at).substr(0, 19) + "Z", last_text(parked)});
  }
  return table(rows);
}

}  // namespace zmesh
