// A group's lease: how long it may be without members before the journal keeps nothing for it any more.
//
// Lapsed, it keeps its account (what it has settled, its retries, its parked events), but retention no longer
// waits for it: what goes meanwhile its members learn of as expired. The first member that attaches ends
// that, and the lease begins anew.
//
// Time counts while the publisher runs, by the monotonic clock: nobody can attend a group of a publisher that
// is down, and a wall clock that is set ends no lease. It is journaled in steps, so a restart gives back at
// most one of them.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Leasing {
 public:
  static constexpr Duration step_min = 1s;
  static constexpr Duration step_max = 1min;

  explicit Leasing(Desk& desk) : desk_(desk) {}

  /// Gives the group another lease, or none, from now on.
  void give(Group& group, std::optional<Duration> lease, Now now);
  /// Counts. True when retention has to look again: it has lapsed, or is attended again.
  bool pump(Group& group, Now now);
  std::optional<Duration> next_deadline(const Group& group) const;
  /// The process was stopped for so long: it does not count.
  void shift(Duration gap);

 private:
  Desk& desk_;
};

/// Retention waits for it no longer.
bool lapsed(const Group& group);

/// How long the group has been without members, of its lease.
Duration unattended(const Group& group, Now now);

}  // namespace mesh::core
