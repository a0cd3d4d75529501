// Brings failed events back to their group when they are due: read, journal the attempt, send.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Redelivery {
 public:
  /// A Deliver holds at most this many events, and bytes (but at least one event).
  static constexpr std::size_t items_max = 32;
  static constexpr std::size_t bytes_max = 1 << 20;
  /// After a read that failed, the group's next is not before this.
  static constexpr Duration read_again = 5s;

  explicit Redelivery(Desk& desk) : desk_(desk) {}

  /// Does what is due of a group: redeliver, send again, charge what nobody claimed after a restart.
  void pump(Group& group, Now now);
  std::optional<Duration> next_deadline(const Group& group) const;

  void on_read(const ReadToRedeliver& reason, const ReadResult& result, Now now);

 private:
  Session* owner(const Group& group, Slot slot) const;
  void correct_slot(Group& group, Seq seq, RetryEntry& entry, const Batch& batch);
  void read(Group& group, const std::vector<Seq>& seqs, bool again);
  void deliver(Session& session, const std::vector<std::pair<Seq, Batch>>& found);

  Desk& desk_;
};

/// Events by seq out of a read of records or of copies in state; `unread` gets those that credit or an error
/// kept out, `missing` those that are not there.
struct FoundEvents {
  std::vector<std::pair<Seq, Batch>> found;
  std::vector<Seq> missing;
  std::vector<Seq> unread;
};

FoundEvents sort_out(const std::vector<Seq>& seqs, bool copies, const ReadResult& result);

/// Jobs that read these events; those that have copies are read from state. Credit is read_credit.
inline constexpr std::size_t read_credit = 8u << 20;
ReadJob records_job(const std::vector<Seq>& seqs);
ReadJob copies_job(const Group& group, const std::vector<Seq>& seqs);

}  // namespace mesh::core
