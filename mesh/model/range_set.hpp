// A set of seqs kept as disjoint ascending ranges: what is settled, what is covered.
//
// Made for the common case, in which everything up to a floor is in the set and little or nothing above:
// adding at the end of the last range, or at the floor, costs a comparison. Not thread safe. A value.
#pragma once

#include <vector>

#include <journal/identity.hpp>

namespace mesh {

class RangeSet {
 public:
  RangeSet() = default;

  /// Everything up to and including floor.
  explicit RangeSet(Seq floor) : floor_(floor) {}

  /// All seqs <= floor() are in the set, and floor() + 1 is not.
  Seq floor() const { return floor_; }

  /// The ranges above the floor, ascending, disjoint, not touching each other nor the floor.
  const std::vector<SeqRange>& above() const { return above_; }

  bool contains(Seq seq) const;
  /// Adds a range; ranges that touch are joined. An empty range changes nothing. True if anything changed.
  bool add(SeqRange range);

  bool add(Seq seq) { return add(SeqRange{seq, seq}); }

  bool add(const RangeSet& other);

  /// Raises the floor to at least this.
  bool raise_floor(Seq floor) { return floor > floor_ && add(SeqRange{1, floor}); }

  /// The first seq > after that is not in the set.
  Seq next_missing(Seq after) const;
  /// How many seqs of (0, last] are not in the set.
  std::uint64_t missing_through(Seq last) const;
  bool operator==(const RangeSet&) const = default;

 private:
  Seq floor_ = 0;
  std::vector<SeqRange> above_;
};

}  // namespace mesh
