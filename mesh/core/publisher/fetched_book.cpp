#include <algorithm>

#include <mesh/core/publisher/fetched_book.hpp>

namespace mesh::core {

void FetchedBook::add(const std::string& member, Seq after, Seq through, WallTime now) {
  if (through <= after) return;
  if (!ranges_.empty()) {
    FetchedRange& newest = ranges_.back();
    const bool adjoins = newest.seqs.first <= after + 1 && after <= newest.seqs.last;
    const bool soon = now >= newest.at && now - newest.at < together_ns;
    if (adjoins && soon && newest.member == member) {
      newest.seqs.last = std::max(newest.seqs.last, through);
      return;
    }
  }
  if (ranges_.size() >= fetched_ranges_max) {
    after_ = std::max(after_, ranges_.front().seqs.last);
    ranges_.erase(ranges_.begin());
  }
  ranges_.push_back({member, {after + 1, through}, now});
}

}  // namespace mesh::core
