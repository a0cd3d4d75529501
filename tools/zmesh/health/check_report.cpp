#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include <tools/zmesh/health/check.hpp>

namespace zmesh {
namespace {

using Json = nlohmann::ordered_json;

std::string plain_number(double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

/// What is not bad: "10" is up to 10, "10:" from 10 on.
std::string nagios_range(double limit, bool below) {
  if (limit <= 0) return "";
  return plain_number(limit) + (below ? ":" : "");
}

std::string check_text_report(const std::vector<Measured>& all) {
  std::string text;
  for (const auto& one : all)
    text += std::string(to_string(one.health)) + "  " + one.publisher + ": " + one.text + "\n";
  return text.empty() ? "UNKNOWN  nothing was measured\n" : text;
}

/// One line: the state, what is wrong, and after a bar the values with their thresholds.
std::string check_nagios_report(const std::vector<Measured>& all) {
  std::string line = "ZMESH " + std::string(to_string(worst(all)));
  std::string values;
  std::size_t bad = 0;
  for (const auto& one : all) {
    if (one.health != Health::ok) line += (bad++ == 0 ? " - " : ", ") + one.publisher + ": " + one.text;
    auto label = one.publisher + (one.group.empty() ? "" : "/" + one.group) + " " + one.what;
    std::replace_if(
        label.begin(), label.end(), [](char symbol) { return symbol == '\'' || symbol == '='; }, '_');
    values += " '" + label + "'=" + plain_number(one.value) + (one.what.ends_with("_seconds") ? "s" : "") +
              ";" + nagios_range(one.threshold.warning, one.threshold.below) + ";" +
              nagios_range(one.threshold.critical, one.threshold.below) + ";0;";
  }
  if (bad == 0) line += " - " + std::to_string(all.size()) + " values are fine";
  std::replace(line.begin(), line.end(), '|', '/');
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line + (values.empty() ? "" : " |" + values) + "\n";
}

std::string check_json_report(const std::vector<Measured>& all) {
  std::string lines;
  for (const auto& one : all) {
    lines += Json{{"publisher", one.publisher},
                  {"group", one.group.empty() ? Json() : Json(one.group)},
                  {"what", one.what},
                  {"value", one.value},
                  {"warning", one.threshold.warning > 0 ? Json(one.threshold.warning) : Json()},
                  {"critical", one.threshold.critical > 0 ? Json(one.threshold.critical) : Json()},
                  {"health", std::string(to_string(one.health))},
                  {"text", one.text}}
                 .dump(-1, ' ', false, Json::error_handler_t::replace) +
             "\n";
  }
  return lines;
}

std::string label_value(const std::string& text) {
  std::string escaped;
  for (const char symbol : text) {
    if (symbol == '\\' || symbol == '"') escaped += '\\';
    if (symbol == '\n') {
      escaped += "\\n";
    } else {
      escaped += symbol;
    }
  }
  return escaped;
}

std::string check_prometheus_report(const std::vector<Measured>& all) {
  struct Metric {
    const char* what;
    const char* name;
    const char* help;
  };

  constexpr Metric metrics[] = {
      {"answers", "zmesh_publisher_up", "Whether the publisher answers."},
      {"lag", "zmesh_group_lag_events", "Seqs up to the head that the group has not settled."},
      {"oldest_age_seconds", "zmesh_group_oldest_unsettled_age_seconds",
       "Age of the oldest event not settled."},
      {"parked", "zmesh_group_parked_events", "Events in the parking lot of the group."},
      {"members", "zmesh_group_members", "Attached members of the group."},
      {"paused", "zmesh_group_paused", "1 while an operator has the group paused, else 0."},
      {"journal_owed_share", "zmesh_journal_owed_ratio",
       "Share of the journal's limit that groups are owed; at 1 publishing is refused."},
      {"journal_full_in_seconds", "zmesh_journal_full_in_seconds",
       "When the limit is reached at the present rate; missing while what is owed does not grow."},
      {"disk_used_share", "zmesh_journal_disk_used_ratio", "Used share of the disk that holds the journal."},
  };
  std::string text;
  for (const auto& metric : metrics) {
    bool first = true;
    for (const auto& one : all) {
      if (one.what != metric.what) continue;
      if (std::exchange(first, false)) {
        text += std::string("# HELP ") + metric.name + " " + metric.help + "\n";
        text += std::string("# TYPE ") + metric.name + " gauge\n";
      }
      text += std::string(metric.name) + "{publisher=\"" + label_value(one.publisher) + "\"";
      if (!one.group.empty()) text += ",group=\"" + label_value(one.group) + "\"";
      text += "} " + plain_number(one.value) + "\n";
    }
  }
  text += "# HELP zmesh_check_status Worst state: 0 ok, 1 warning, 2 critical, 3 unknown.\n";
  text += "# TYPE zmesh_check_status gauge\n";
  return text + "zmesh_check_status " + std::to_string(static_cast<int>(worst(all))) + "\n";
}

}  // namespace

std::string check_report(const std::vector<Measured>& all, const std::string& format) {
  if (format == "nagios") return check_nagios_report(all);
  if (format == "json") return check_json_report(all);
  if (format == "prometheus") return check_prometheus_report(all);
  return check_text_report(all);
}

}  // namespace zmesh
