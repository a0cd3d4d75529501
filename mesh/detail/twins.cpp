#include <mesh/detail/twins.hpp>

#include <algorithm>

namespace mesh::detail {

std::optional<core::LinkId> Twins::changed(core::LinkId link, const Origin& origin, Duration now) {
  const auto [at, met] = turns_.try_emplace(origin, Turns{link, {}});
  auto& turns = at->second;
  if (met || turns.link == link) return std::nullopt;
  const auto other = std::exchange(turns.link, link);
  turns.times.push_back(now);
  while (now - turns.times.front() > window) turns.times.pop_front();
  if (turns.times.size() < turns_told) return std::nullopt;
  turns.times.pop_front();
  if (!told_.insert(std::minmax(link, other)).second) return std::nullopt;
  return other;
}

}  // namespace mesh::detail
