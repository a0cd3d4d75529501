#include <mesh/core/consumer/prefix_set.hpp>

#include <algorithm>

namespace mesh::core {

PrefixSet::PrefixSet(const std::vector<std::string>& prefixes) {
  std::vector<std::string> sorted = prefixes;
  if (sorted.empty()) sorted.emplace_back();
  std::sort(sorted.begin(), sorted.end());
  for (auto& prefix : sorted) {
    if (!prefixes_.empty() && std::string_view(prefix).starts_with(prefixes_.back())) continue;
    prefixes_.push_back(std::move(prefix));
  }
}

std::optional<std::size_t> PrefixSet::find(std::string_view text) const {
  // The usual case, once per event.
  if (prefixes_.size() == 1) {
    return text.starts_with(prefixes_.front()) ? std::optional<std::size_t>(0) : std::nullopt;
  }
  // Whatever sorts between a prefix of `text` and `text` itself starts with that prefix, and no other of ours
  // does: so only the last one at or before `text` can match.
  const auto after = std::upper_bound(prefixes_.begin(), prefixes_.end(), text,
                                      [](std::string_view a, std::string_view b) { return a < b; });
  if (after == prefixes_.begin()) return std::nullopt;
  const auto candidate = after - 1;
  if (!text.starts_with(*candidate)) return std::nullopt;
  return static_cast<std::size_t>(candidate - prefixes_.begin());
}

}  // namespace mesh::core
