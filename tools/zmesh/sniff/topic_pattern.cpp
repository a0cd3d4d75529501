#include <tools/zmesh/sniff/topic_pattern.hpp>

#include <journal/topic.hpp>

namespace zmesh {
namespace {

/// "#" or ">" as a word of its own at the end.
bool ends_with_rest(std::string_view pattern) {
  if (!pattern.ends_with('#') && !pattern.ends_with('>')) return false;
  return pattern.size() == 1 || pattern[pattern.size() - 2] == '.';
}

/// `*` stands for any part of a word. Backtracks to the last star only: enough, as a later star can take all
/// that an earlier one gives up within the same word.
bool glob(std::string_view pattern, std::string_view topic) {
  std::size_t at = 0, text = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (text < topic.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = text;
    } else if (at < pattern.size() && pattern[at] == topic[text]) {
      if (pattern[at] == '.') star = std::string_view::npos;  // a word that is done stays as it is
      ++at;
      ++text;
    } else if (star != std::string_view::npos && topic[resume] != '.') {
      text = ++resume;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace

mesh::Result<TopicPattern> TopicPattern::parse(std::string_view text) {
  TopicPattern pattern;
  pattern.text_ = text;
  pattern.wildcards_ = text.find('*') != std::string_view::npos || ends_with_rest(text);
  if (const auto checked = mesh::check_prefix(pattern.prefix()); !checked)
    return mesh::fail(checked.error().code, "'" + std::string(text) + "': " + checked.error().text);
  return pattern;
}

std::string TopicPattern::prefix() const {
  if (!wildcards_) return text_;
  auto literal = text_.substr(0, text_.find('*'));
  if (!ends_with_rest(text_) || literal.size() < text_.size()) return literal;
  literal.pop_back();
  // "booking.#" is also "booking".
  if (text_.back() == '#' && literal.ends_with('.')) literal.pop_back();
  return literal;
}

bool TopicPattern::matches(std::string_view topic) const {
  if (!wildcards_) return topic.starts_with(text_);
  if (!ends_with_rest(text_)) return glob(text_, topic);
  std::string_view head = text_;
  const bool none_too = head.back() == '#';
  head.remove_suffix(1);
  if (head.empty()) return true;
  head.remove_suffix(1);
  if (none_too && glob(head, topic)) return true;
  // As many words as the head has, then at least one more.
  std::size_t words = 1;
  for (const char symbol : head) words += symbol == '.' ? 1 : 0;
  std::size_t end = 0;
  for (; words > 0; --words) {
    end = topic.find('.', end);
    if (end == std::string_view::npos) return false;
    ++end;
  }
  return glob(head, topic.substr(0, end - 1));
}

}  // namespace zmesh
