#include <tools/zmesh/text/nearest.hpp>

#include <algorithm>

namespace zmesh {

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  // A third of its letters may be wrong.
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const auto replaced = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

std::string unknown_word(std::string_view word, const std::vector<std::string>& known) {
  const auto name = word.starts_with('-') ? word.substr(0, word.find('=')) : word;
  const auto near = nearest(name, known);
  return "unknown: " + std::string(name) + (near.empty() ? "" : "; is " + near + " meant?");
}

}  // namespace zmesh
