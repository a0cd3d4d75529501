#include <tools/zmesh/top/frame.hpp>

#include <algorithm>
#include <cstdio>

#include <tools/zmesh/text/table.hpp>
#include <tools/zmesh/text/times.hpp>

namespace zmesh {
namespace {

constexpr std::size_t value_width = 10;
constexpr std::size_t spark_width_max = 20;
constexpr std::size_t spark_width_min = 8;
constexpr std::size_t name_width_wanted = 18;
constexpr std::size_t publisher_width = 14;

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

/// Cut or filled to exactly that many columns.
std::string fitted(std::string text, std::size_t width, bool right = false) {
  const auto columns = columns_of(text);
  if (columns <= width) {
    const std::string blank(width - columns, ' ');
    return right ? blank + text : text + blank;
  }
  std::size_t at = 0, seen = 0;
  while (seen + 1 < width) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
    ++seen;
  }
  return width == 0 ? std::string() : text.substr(0, at) + "\u2026";
}

std::string scaled(double value) {
  char text[32];
  if (value < 10 && value > 0 && value != static_cast<double>(static_cast<long long>(value))) {
    std::snprintf(text, sizeof text, "%.1f", value);
  } else if (value < 100'000) {
    std::snprintf(text, sizeof text, "%.0f", value);
  } else if (value < 10'000'000) {
    std::snprintf(text, sizeof text, "%.1fk", value / 1000);
  } else {
    std::snprintf(text, sizeof text, "%.1fM", value / 1e6);
  }
  return text;
}

struct Layout {
  std::size_t name = 0;
  bool publisher = false;
  std::size_t spark = 0;  ///< columns of the sparkline; 0: there is no room for one
};

/// Names take what is left; the sparkline gives way first, then the publisher.
Layout layout_of(TopView view, std::size_t width) {
  Layout layout;
  const auto values = top_columns(view).size() * (value_width + 1);
  layout.publisher = view != TopView::publishers && width > values + publisher_width + 24;
  std::size_t used = values + (layout.publisher ? publisher_width + 1 : 0);
  const auto left = width > used + name_width_wanted ? width - used - name_width_wanted : 0;
  if (left > spark_width_min) layout.spark = std::min(left - 1, spark_width_max);
  if (layout.spark > 0) used += layout.spark + 1;
  layout.name = width > used + 8 ? width - used : 8;
  return layout;
}

TopLine heading_line(const TopState& state, const Layout& layout) {
  const auto& columns = top_columns(state.view);
  const auto sort = state.sort[static_cast<int>(state.view)];
  const auto* arrow = state.reversed ? "\u25b4" : "\u25be";
  auto title = std::string(state.view == TopView::topics   ? "TOPIC"
                           : state.view == TopView::groups ? "GROUP"
                                                           : "PUBLISHER");
  auto text = fitted(title + (sort < 0 ? arrow : ""), layout.name);
  if (layout.publisher) text += " " + fitted("PUBLISHER", publisher_width);
  for (std::size_t at = 0; at < columns.size(); ++at)
    text += " " + fitted(columns[at].title + std::string(static_cast<int>(at) == sort ? arrow : ""),
                         value_width, true);
  if (layout.spark > 0)
    text += " " + fitted(state.view == TopView::groups ? "LAG, 1 MIN" : "1 MIN", layout.spark);
  return {text, TopLine::Style::heading};
}

std::string row_text(const TopRow& row, const TopState& state, const Layout& layout) {
  const auto& columns = top_columns(state.view);
  auto text = fitted(row.name, layout.name);
  if (layout.publisher) text += " " + fitted(row.publisher, publisher_width);
  for (std::size_t at = 0; at < columns.size(); ++at)
    text += " " + fitted(row.silent ? "-" : top_value(row.values[at], columns[at].kind), value_width, true);
  if (layout.spark > 0) text += " " + sparkline(row.past, layout.spark);
  return text;
}

/// Whatever is looked at: what a publisher had is missing from it.
std::string silence_text(const std::vector<std::string>& silent) {
  std::string text = "NO ANSWER from ";
  for (std::size_t at = 0; at < silent.size(); ++at) text += (at > 0 ? ", " : "") + silent[at];
  return text;
}

std::vector<TopLine> text_lines(const std::string& text, std::size_t width, std::size_t height) {
  std::vector<TopLine> lines;
  std::size_t begin = 0;
  while (begin < text.size() && lines.size() < height) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back({fitted(text.substr(begin, end - begin),
                            std::min(columns_of(std::string_view(text).substr(begin, end - begin)), width))});
    begin = end + 1;
  }
  return lines;
}

constexpr const char* top_help =
    "Tab, 1, 2, 3  topics, groups, publishers\n"
    "up, down      choose a row; page up and down, home, end too\n"
    "Enter         open it: the newest event of a topic, the members of a group\n"
    "s, n          sort by the next column, by name\n"
    "r             the other way round\n"
    "/             show only names that contain a text; Enter ends typing, Esc drops it\n"
    "p, space      pause, go on\n"
    "q, Esc        back, quit\n";

}  // namespace

std::string top_value(double value, TopColumn::Kind kind) {
  switch (kind) {
    case TopColumn::Kind::bytes:
      return size_text(static_cast<std::uint64_t>(value));
    case TopColumn::Kind::byte_rate:
      return size_text(static_cast<std::uint64_t>(value));
    case TopColumn::Kind::age:
      return value > 0 ? duration_text(mesh::Duration(static_cast<std::int64_t>(value * 1e9))) : "-";
    case TopColumn::Kind::count:
    case TopColumn::Kind::rate:
      break;
  }
  return scaled(value);
}

std::string sparkline(const std::deque<double>& past, std::size_t width) {
  const auto shown = std::min(past.size(), width);
  const auto highest =
      past.empty() ? 0 : *std::max_element(past.end() - static_cast<std::ptrdiff_t>(shown), past.end());
  std::string text(width - shown, ' ');
  for (auto at = past.size() - shown; at < past.size(); ++at) {
    if (past[at] <= 0 || highest <= 0) {
      text += ' ';
      continue;
    }
    // U+2581 to U+2588.
    const auto eighth = std::clamp(static_cast<int>(past[at] / highest * 8 + 0.5), 1, 8);
    text += "\xe2\x96";
    text += static_cast<char>(0x80 + eighth);
  }
  return text;
}

std::vector<const TopRow*> top_rows(const TopSnapshot& snapshot, const TopState& state) {
  std::vector<const TopRow*> rows;
  for (const auto& row : snapshot.rows[static_cast<int>(state.view)]) {
    if (row.name.find(state.filter) != std::string::npos) rows.push_back(&row);
  }
  const auto sort = state.sort[static_cast<int>(state.view)];
  std::stable_sort(rows.begin(), rows.end(), [&](const TopRow* left, const TopRow* right) {
    if (state.reversed) std::swap(left, right);
    if (sort >= 0 &&
        left->values[static_cast<std::size_t>(sort)] != right->values[static_cast<std::size_t>(sort)])
      return left->values[static_cast<std::size_t>(sort)] > right->values[static_cast<std::size_t>(sort)];
    return left->name < right->name;
  });
  return rows;
}

std::vector<TopLine> top_frame(const TopSnapshot& snapshot, const TopState& state, std::size_t width,
                               std::size_t height) {
  using Style = TopLine::Style;
  std::vector<TopLine> lines;
  const auto rows = top_rows(snapshot, state);
  auto title = "zmesh top  " + time_text(snapshot.at).substr(11, 8) + "  " +
               std::string(to_string(state.view)) + " " + std::to_string(rows.size());
  if (!state.filter.empty() || state.filtering) title += "  /" + state.filter + (state.filtering ? "_" : "");
  if (state.paused) title += "  PAUSED";
  lines.push_back({fitted(title, width), Style::title});
  if (!snapshot.silent.empty()) lines.push_back({fitted(silence_text(snapshot.silent), width), Style::alarm});
  if (state.help || (state.opened && state.selected < rows.size())) {
    lines.push_back({});
    const auto& text = state.help ? std::string(top_help) : rows[state.selected]->detail;
    const auto taken = lines.size() + 1;
    const auto shown = text_lines(text.empty() ? "nothing is known of it yet" : text, width,
                                  height > taken ? height - taken : 0);
    lines.insert(lines.end(), shown.begin(), shown.end());
    lines.resize(std::max<std::size_t>(height, 1) - 1);
    lines.push_back({fitted("Esc: back", width), Style::dim});
    return lines;
  }
  const auto layout = layout_of(state.view, width);
  auto heading = heading_line(state, layout);
  heading.text = fitted(heading.text, width);
  lines.push_back(std::move(heading));
  const auto room = height > lines.size() + 1 ? height - lines.size() - 1 : 0;
  const auto first = state.selected >= room && room > 0 ? state.selected - room + 1 : 0;
  for (auto at = first; at < rows.size() && at < first + room; ++at) {
    const auto style = at == state.selected ? Style::selected
                       : rows[at]->alarming ? Style::alarm
                                            : Style::plain;
    lines.push_back({fitted(row_text(*rows[at], state, layout), width), style});
  }
  if (rows.empty()) lines.push_back({snapshot.samples == 0 ? "looking..." : "nothing yet", Style::dim});
  lines.resize(std::max<std::size_t>(height, 1) - 1);
  lines.push_back(
      {fitted("Tab view  Enter open  s sort  r reverse  / filter  p pause  ? help  q quit", width),
       Style::dim});
  return lines;
}

}  // namespace zmesh
