// What a publisher tells about an event.

#include <algorithm>

#include <mesh/admin.hpp>
#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {

mesh::Result<std::vector<GroupTrace>> trace_by_asking(const std::string& endpoint, mesh::Duration timeout,
                                                      const mesh::EventView& event) {
  auto admin = mesh::Admin::connect(endpoint, timeout);
  if (!admin) return admin.error();
  const auto list = admin->groups();
  if (!list) return list.error();
  std::vector<GroupTrace> traces;
  for (const auto& group : list->groups) {
    GroupTrace trace;
    trace.group = group.group;
    const auto matches = [&](const std::string& prefix) { return event.topic.starts_with(prefix); };
    mesh::ParkedFilter this_one;
    this_one.seqs = {event.seq};
    auto parked = admin->parked_all(group.group, this_one);
    if (!parked) return parked.error();
    if (!group.prefixes.empty() && std::none_of(group.prefixes.begin(), group.prefixes.end(), matches)) {
      trace.state = GroupTrace::State::unwanted;
    } else if (!parked->empty()) {
      auto& found = parked->front();
      trace.state = GroupTrace::State::parked;
      trace.at = found.parked_at;
      trace.reason = found.reason;
      trace.redrives = found.redrives;
      trace.attempts = std::move(found.attempts);
    } else {
      trace.history = GroupTrace::History::unknown;
      if (event.seq <= group.floor) trace.state = GroupTrace::State::settled;
    }
    traces.push_back(std::move(trace));
  }
  return traces;
}

}  // namespace zmesh
