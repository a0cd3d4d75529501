// Moves events that are given up into their group's parking lot: one state commit that writes the parked
// event, with its record, and erases the retry entry. Until then the entry stays.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Parking {
 public:
  static constexpr std::size_t at_once = 64;

  explicit Parking(Desk& desk) : desk_(desk) {}

  void pump(Group& group, Now now);
  std::optional<Duration> next_deadline(const Group& group) const;
  void on_read(const ReadToPark& reason, const ReadResult& result, Now now);

 private:
  void park(Group& group, Seq seq, RetryEntry& entry, const Batch& batch, Now now);
  Desk& desk_;
};

/// The index entry of a parked event. Error: journal_damaged.
Result<ParkedIndex> index_of(const ParkedValue& value, Seq seq, std::size_t size);

}  // namespace mesh::core
