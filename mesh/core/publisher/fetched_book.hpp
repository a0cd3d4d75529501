// Which seqs went to a group's members in answers to fetches; all others that were delivered went out live.
// It costs a little per answer, nothing per event, and is not journaled: it tells of this run only.
#pragma once

#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::core {

class FetchedBook {
 public:
  /// Answers within this long of a stretch's first are one stretch with it.
  static constexpr WallTime together_ns = 1'000'000'000;

  /// Nothing is known of events at or below `after`, but what is added.
  explicit FetchedBook(Seq after = 0) : after_(after) {}

  /// The member was answered everything in (after, through]. The oldest stretch goes when there are too many.
  void add(const std::string& member, Seq after, Seq through, WallTime now);

  Seq after() const { return after_; }

  const std::vector<FetchedRange>& ranges() const { return ranges_; }

 private:
  Seq after_;
  std::vector<FetchedRange> ranges_;
};

}  // namespace mesh::core
