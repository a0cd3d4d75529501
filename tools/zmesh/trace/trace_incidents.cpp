// What befell an event of which the journal keeps no attempts (any more), by what its publisher still tells.

#include <algorithm>
#include <iterator>

#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {

std::string_view to_string(GroupTrace::History history) {
  switch (history) {
    case GroupTrace::History::all:
      return "all";
    case GroupTrace::History::newest:
      return "newest";
    case GroupTrace::History::none:
      return "none";
    case GroupTrace::History::unknown:
      return "unknown";
  }
  return "unknown";
}

void tell_incidents(GroupTrace& trace, const mesh::GroupStatus& status, mesh::Seq seq) {
  if (!trace.attempts.empty() || !status.fetched_after) return;
  std::copy_if(status.newest.begin(), status.newest.end(), std::back_inserter(trace.incidents),
               [seq](const mesh::Incident& incident) { return incident.seq == seq; });
  if (trace.history != GroupTrace::History::unknown) return;
  if (!trace.incidents.empty()) {
    trace.history = GroupTrace::History::newest;
  } else if (status.incidents == status.newest.size()) {
    trace.history = GroupTrace::History::none;
  }
}

}  // namespace zmesh
