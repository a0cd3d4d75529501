// Which way an event went out, by what its publisher tells of the answers it has given.

#include <algorithm>

#include <tools/zmesh/trace/trace.hpp>

namespace zmesh {

std::string_view to_string(GroupTrace::Way way) {
  switch (way) {
    case GroupTrace::Way::unknown:
      return "unknown";
    case GroupTrace::Way::waiting:
      return "waiting";
    case GroupTrace::Way::live:
      return "live";
    case GroupTrace::Way::fetched:
      return "fetched";
  }
  return "unknown";
}

void tell_way(GroupTrace& trace, const mesh::GroupStatus& status, mesh::Seq seq) {
  if (trace.state == GroupTrace::State::unwanted || !status.fetched_after) return;
  // The newest answer: an earlier one was to a member that has not settled it.
  const auto range = std::find_if(status.fetched.rbegin(), status.fetched.rend(), [&](const auto& one) {
    return one.seqs.first <= seq && seq <= one.seqs.last;
  });
  if (range != status.fetched.rend()) {
    trace.way = GroupTrace::Way::fetched;
    trace.way_member = range->member;
    trace.way_at = range->at;
  } else if (seq > *status.fetched_after) {
    const bool delivered = trace.state != GroupTrace::State::pending || !trace.attempts.empty();
    trace.way = delivered ? GroupTrace::Way::live : GroupTrace::Way::waiting;
    if (delivered && !trace.attempts.empty()) trace.way_member = trace.attempts.front().member;
  }
}

}  // namespace zmesh
