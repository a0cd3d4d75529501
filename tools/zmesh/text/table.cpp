#include <tools/zmesh/text/table.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace zmesh {
namespace {

/// Characters, not bytes (continuation bytes of UTF-8 take no column).
std::size_t cell_width(const std::string& cell) {
  return static_cast<std::size_t>(std::count_if(
      cell.begin(), cell.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

bool is_numeric(const std::string& cell) {
  return cell.find_first_not_of("0123456789.-% ") == std::string::npos;
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    widths.resize(std::max(widths.size(), rows[row].size()));
    right.resize(widths.size(), true);
    for (std::size_t column = 0; column < rows[row].size(); ++column) {
      widths[column] = std::max(widths[column], cell_width(rows[row][column]));
      if (row > 0 && !is_numeric(rows[row][column])) right[column] = false;
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - cell_width(row[column]), ' ');
      const bool last = column + 1 == row.size();
      if (right[column]) text += padding;
      text += row[column];
      if (!right[column] && !last) text += padding;
      if (!last) text += "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

}  // namespace zmesh
