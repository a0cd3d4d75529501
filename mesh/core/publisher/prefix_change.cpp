#include <algorithm>

#include <mesh/core/publisher/prefix_change.hpp>

namespace mesh::core {
namespace {

/// Every topic that `prefixes` want is wanted by `others` too. (None: every topic.)
bool within(const std::vector<std::string>& prefixes, const std::vector<std::string>& others) {
  if (others.empty()) return true;
  return !prefixes.empty() && std::all_of(prefixes.begin(), prefixes.end(),
                                          [&](const std::string& prefix) { return matches(others, prefix); });
}

}  // namespace

void change_prefixes(Desk& desk, Group& group, const std::vector<std::string>& prefixes) {
  const bool wider = !within(prefixes, group.value.prefixes);
  group.value.prefixes = prefixes;
  desk.save_value(group);
  if (wider && group.ledger.forget_above()) {
    for (const auto& [seq, entry] : group.retries.entries()) group.ledger.settle(seq);
    for (const auto& [seq, parked] : group.parked) group.ledger.settle(seq);
    group.value.marks.raise(desk.head);
    group.ledger_dirty = true;
    desk.save(group);
  }
  desk.notice(Level::warning, "group.prefixes_changed",
              "group " + group.name + " has new prefixes; what they add counts from its floor, seq " +
                  std::to_string(group.ledger.floor()));
}

}  // namespace mesh::core
