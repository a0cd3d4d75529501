// The only file that knows ncurses. Its macros would change the meaning of common names (timeout, move,
// clear).
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#include <algorithm>
#include <chrono>
#include <clocale>
#include <cstdlib>

#include <tools/zmesh/top/top.hpp>

namespace zmesh {
namespace {

constexpr int key_wait_ms = 100;
constexpr int key_escape = 27;
constexpr int key_enter = 10;
constexpr std::size_t page_rows = 10;

/// The terminal as it was comes back, however this ends.
class Curses {
 public:
  Curses() {
    std::setlocale(LC_CTYPE, "");
    ::initscr();
    ::cbreak();
    ::noecho();
    ::keypad(stdscr, true);
    ::curs_set(0);
    ::set_escdelay(25);
    ::wtimeout(stdscr, key_wait_ms);
    const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets variables
    coloured_ = ::has_colors() && (no_color == nullptr || *no_color == '\0');
    if (coloured_) {
      ::start_color();
      ::use_default_colors();
      ::init_pair(1, COLOR_YELLOW, -1);
      ::init_pair(2, COLOR_CYAN, -1);
    }
  }

  ~Curses() { ::endwin(); }

  Curses(const Curses&) = delete;
  Curses& operator=(const Curses&) = delete;

  void draw(const std::vector<TopLine>& lines) const {
    ::werase(stdscr);
    for (std::size_t row = 0; row < lines.size(); ++row) {
      const auto attributes = attributes_of(lines[row].style);
      ::wattr_on(stdscr, attributes, nullptr);
      ::mvwaddstr(stdscr, static_cast<int>(row), 0, lines[row].text.c_str());
      ::wattr_off(stdscr, attributes, nullptr);
    }
    ::wrefresh(stdscr);
  }

 private:
  attr_t attributes_of(TopLine::Style style) const {
    switch (style) {
      case TopLine::Style::title:
        return A_BOLD;
      case TopLine::Style::heading:
        return A_REVERSE;
      case TopLine::Style::selected:
        return A_STANDOUT | A_BOLD;
      case TopLine::Style::alarm:
        return coloured_ ? static_cast<attr_t>(COLOR_PAIR(1)) | A_BOLD : A_BOLD;
      case TopLine::Style::dim:
        return coloured_ ? static_cast<attr_t>(COLOR_PAIR(2)) : A_DIM;
      case TopLine::Style::plain:
        break;
    }
    return A_NORMAL;
  }

  bool coloured_ = false;
};

void type_filter(TopState& state, int key) {
  if (key == key_enter || key == KEY_ENTER) {
    state.filtering = false;
  } else if (key == key_escape) {
    state.filtering = false;
    state.filter.clear();
  } else if (key == KEY_BACKSPACE || key == 127 || key == 8) {
    if (!state.filter.empty()) state.filter.pop_back();
  } else if (key >= 0x20 && key < 0x100) {
    state.filter += static_cast<char>(key);
  }
  state.selected = 0;
}

void choose_view(TopState& state, TopView view) {
  state.view = view;
  state.selected = 0;
  state.opened = false;
}

void select_row(TopState& state, std::size_t rows, int key) {
  const auto last = rows > 0 ? rows - 1 : 0;
  const auto selected = state.selected;
  switch (key) {
    case KEY_UP:
    case 'k':
      state.selected = selected > 0 ? selected - 1 : 0;
      break;
    case KEY_DOWN:
    case 'j':
      state.selected = std::min(last, selected + 1);
      break;
    case KEY_PPAGE:
      state.selected = selected > page_rows ? selected - page_rows : 0;
      break;
    case KEY_NPAGE:
      state.selected = std::min(last, selected + page_rows);
      break;
    case KEY_HOME:
      state.selected = 0;
      break;
    case KEY_END:
      state.selected = last;
      break;
    default:
      break;
  }
}

/// False: quit.
bool press(TopState& state, std::size_t rows, int key) {
  if (state.filtering) {
    type_filter(state, key);
    return true;
  }
  auto& sort = state.sort[static_cast<int>(state.view)];
  switch (key) {
    case 'q':
    case key_escape:
      if (!state.opened && !state.help) return key != 'q';
      state.opened = state.help = false;
      return true;
    case '\t':
      choose_view(state, static_cast<TopView>((static_cast<int>(state.view) + 1) % 3));
      return true;
    case '1':
    case '2':
    case '3':
      choose_view(state, static_cast<TopView>(key - '1'));
      return true;
    case key_enter:
    case KEY_ENTER:
      state.opened = rows > 0;
      return true;
    case 's':
      sort = (sort + 1) % static_cast<int>(top_columns(state.view).size());
      return true;
    case 'n':
      sort = -1;
      return true;
    case 'r':
      state.reversed = !state.reversed;
      return true;
    case '/':
      state.filtering = true;
      state.opened = false;
      return true;
    case 'p':
    case ' ':
      state.paused = !state.paused;
      return true;
    case '?':
    case 'h':
      state.help = true;
      return true;
    default:
      select_row(state, rows, key);
      return true;
  }
}

}  // namespace

ExitCode top_screen(const TopSampler& sampler, TopState state, std::uint64_t count,
                    const Interrupt& interrupt) {
  const Curses curses;
  auto snapshot = sampler.snapshot();
  std::uint64_t drawn = 0;
  while (!interrupt.requested()) {
    if (!state.paused) snapshot = sampler.snapshot();
    const auto rows = top_rows(snapshot, state).size();
    state.selected = rows > 0 ? std::min(state.selected, rows - 1) : 0;
    int height = 0, width = 0;
    height = ::getmaxy(stdscr);
    width = ::getmaxx(stdscr);
    curses.draw(top_frame(snapshot, state, static_cast<std::size_t>(std::max(width, 1)),
                          static_cast<std::size_t>(std::max(height, 1))));
    const int key = ::wgetch(stdscr);
    if (key != ERR && !press(state, rows, key)) break;
    if (count > 0 && snapshot.samples > drawn && snapshot.samples > count) break;
    drawn = snapshot.samples;
  }
  return ExitCode::ok;
}

}  // namespace zmesh
