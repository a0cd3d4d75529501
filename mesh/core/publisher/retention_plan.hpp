// What retention drops, and when publishing has to stop. Pure arithmetic.
//
//   settled segments          dropped once they are settled_keep old; at bytes_max at once
//   segments past age_max     dropped, settled or not
//   at bytes_max, unsettled   drop_oldest: dropped, oldest first; refuse: kept, and the journal is full
//   owed to no named group    (policy.owed_to) at bytes_max: dropped, oldest first
//   no group at all           nothing is owed: kept until bytes_max (or age_max), then the oldest go
//
// Only sealed segments are ever dropped, and only the oldest.
#pragma once

#include <mesh/core/publisher/desk.hpp>
#include <mesh/core/publisher/growth.hpp>
#include <mesh/model/retention.hpp>

namespace mesh::core {

struct RetentionPlan {
  Seq drop_through = 0;          ///< 0: nothing
  bool full = false;             ///< at bytes_max, also after what is dropped now
  std::uint64_t owed_bytes = 0;  ///< of the segments that hold something owed, the active one included
  std::uint64_t owed_bytes_precise =
      0;  ///< of them, from the first owed event on, by its share of its segment
};

/// What groups need of the journal, those aside whose lease has lapsed. Nothing: there is no group that does.
struct Needs {
  std::optional<Seq> owed_from;     ///< everything below it is settled by all that are owed, retries included
  std::optional<Seq> settled_from;  ///< the same of all groups
};

RetentionPlan plan_retention(const JournalUsage& usage, const Needs& needs, const RetentionPolicy& policy,
                             WallTime now);

/// At bytes_max the group's unsettled events stay, and new ones are refused.
bool is_owed(const Desk& desk, const Group& group);

/// Keeps the plan going.
class Keeping {
 public:
  explicit Keeping(Desk& desk) : desk_(desk) {}

  void on_usage(const JournalUsage& usage, Seq dropped_through, Now now);
  /// Ledgers have moved: while the journal is full this may be what makes room.
  void on_settled(Now now);

  /// Groups want less than before, or more.
  void on_needs(Now now) { run(now); }

  bool full() const { return desk_.journal_full; }

 private:
  void run(Now now);
  Needs needs() const;
  Desk& desk_;
  Growth growth_;
  Seq asked_ = 0;
  Duration asked_at_{0};
};

/// What retention takes through this seq is settled for the group; what it had not settled is counted as
/// expired and will be told to its members.
void expire_through(Desk& desk, Group& group, Seq through, Now now);

}  // namespace mesh::core
