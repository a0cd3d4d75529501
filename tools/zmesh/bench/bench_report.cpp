#include <tools/zmesh/bench/bench_report.hpp>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include <tools/zmesh/bench/statistics.hpp>
#include <tools/zmesh/text/table.hpp>

namespace zmesh {
namespace {

using Samples = std::vector<std::vector<Sample>>;

std::vector<double> values_of(const std::vector<Sample>& samples, const std::string& metric) {
  std::vector<double> values;
  for (const auto& sample : samples) {
    if (const auto found = sample.find(metric); found != sample.end()) values.push_back(found->second);
  }
  return values;
}

std::optional<double> middle_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  return median(values);
}

std::optional<double> ratio_of(const std::vector<Sample>& samples, const std::vector<Sample>& base,
                               const std::string& metric) {
  const auto own = values_of(samples, metric);
  const auto others = values_of(base, metric);
  std::vector<double> ratios;
  for (std::size_t run = 0; run < std::min(own.size(), others.size()); ++run) {
    if (others[run] > 0) ratios.push_back(own[run] / others[run]);
  }
  return middle_of(ratios);
}

std::string cell(const std::optional<double>& value, int digits) {
  return value ? number_text(*value, digits) : "-";
}

}  // namespace

std::string number_text(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string mode_text(const Mode& mode) {
  auto text = mode.name;
  for (const auto& [label, value] : mode.labels) text += " " + std::to_string(value);
  return text;
}

std::string bench_table(const Scenario& scenario, const Samples& samples) {
  std::vector<std::vector<std::string>> rows(1, {"MODE"});
  for (const auto& [label, value] : scenario.modes.front().labels) {
    auto& heading = rows.front().emplace_back(label);
    std::transform(heading.begin(), heading.end(), heading.begin(), [](char letter) {
      return letter == '_' ? ' ' : static_cast<char>(letter >= 'a' && letter <= 'z' ? letter - 32 : letter);
    });
  }
  for (std::size_t index = 0; index < scenario.metrics.size(); ++index) {
    const auto& metric = scenario.metrics[index];
    rows.front().push_back(metric.heading);
    if (index == 0) rows.front().insert(rows.front().end(), {"MIN", "MAX"});
    if (!metric.ratio.empty()) rows.front().push_back(metric.ratio_heading);
  }
  rows.front().emplace_back();
  for (std::size_t mode = 0; mode < scenario.modes.size(); ++mode) {
    const auto& about = scenario.modes[mode];
    std::vector<std::string> row = {about.name};
    for (const auto& [label, value] : about.labels) row.push_back(std::to_string(value));
    for (std::size_t index = 0; index < scenario.metrics.size(); ++index) {
      const auto& metric = scenario.metrics[index];
      const auto values = values_of(samples[mode], metric.name);
      row.push_back(cell(middle_of(values), metric.digits));
      if (index == 0) {
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        row.push_back(number_text(*low, metric.digits));
        row.push_back(number_text(*high, metric.digits));
      }
      if (!metric.ratio.empty()) {
        row.push_back(cell(ratio_of(samples[mode], samples[about.base], metric.name), 2));
      }
    }
    row.push_back(about.title);
    rows.push_back(std::move(row));
  }
  return table(rows) + "medians of the runs, and of their ratios" + (scenario.note.empty() ? "" : "; ") +
         scenario.note + "\n";
}

std::string bench_json(const std::string& name, const Scenario& scenario, const Samples& samples) {
  std::string lines;
  for (std::size_t mode = 0; mode < scenario.modes.size(); ++mode) {
    const auto& about = scenario.modes[mode];
    nlohmann::ordered_json object = {{"scenario", name}, {"mode", about.name}};
    for (const auto& [label, value] : about.labels) object[label] = value;
    object["compared_with"] = mode_text(scenario.modes[about.base]);
    for (const auto& metric : scenario.metrics) {
      if (const auto middle = middle_of(values_of(samples[mode], metric.name))) object[metric.name] = *middle;
      if (metric.ratio.empty()) continue;
      if (const auto ratio = ratio_of(samples[mode], samples[about.base], metric.name))
        object[metric.ratio] = *ratio;
    }
    const auto values = values_of(samples[mode], scenario.metrics.front().name);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    object["min"] = *low;
    object["max"] = *high;
    object["runs"] = values;
    lines += object.dump() + "\n";
  }
  return lines;
}

}  // namespace zmesh
