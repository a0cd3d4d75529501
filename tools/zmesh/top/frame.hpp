// A snapshot as lines of text, for a terminal of a given size or for none.
#pragma once

#include <string>
#include <vector>

#include <tools/zmesh/top/model.hpp>

namespace zmesh {

/// What the user has chosen.
struct TopState {
  TopView view = TopView::topics;
  int sort[3] = {0, 0, 0};  ///< column by view; -1: by name
  bool reversed = false;
  std::string filter;      ///< part of a name
  bool filtering = false;  ///< the filter is being typed
  bool paused = false;
  bool opened = false;  ///< the selected row's detail is shown
  bool help = false;
  std::size_t selected = 0;
};

struct TopLine {
  std::string text;
  enum class Style { plain, title, heading, selected, alarm, dim } style = Style::plain;
};

/// The rows of the view as they are shown: filtered and sorted.
std::vector<const TopRow*> top_rows(const TopSnapshot& snapshot, const TopState& state);

/// At most height lines of at most width columns.
std::vector<TopLine> top_frame(const TopSnapshot& snapshot, const TopState& state, std::size_t width,
                               std::size_t height);

/// A value as its column shows it: "1.2k", "3.4 MiB", "5m3s".
std::string top_value(double value, TopColumn::Kind kind);

/// The past as blocks of eight heights.
std::string sparkline(const std::deque<double>& past, std::size_t width);

}  // namespace zmesh
