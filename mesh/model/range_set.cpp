#include <algorithm>
#include <limits>

#include <mesh/model/range_set.hpp>

namespace mesh {
namespace {

constexpr Seq seq_max = std::numeric_limits<Seq>::max();

// The last seq has no successor; it then stands for itself, which keeps every comparison below true.
constexpr Seq after(Seq seq) {
  return seq == seq_max ? seq : seq + 1;
}

}  // namespace

bool RangeSet::contains(Seq seq) const {
  if (seq <= floor_) return true;
  auto it = std::upper_bound(above_.begin(), above_.end(), seq,
                             [](Seq wanted, const SeqRange& range) { return wanted < range.first; });
  return it != above_.begin() && std::prev(it)->last >= seq;
}

bool RangeSet::add(SeqRange range) {
  if (range.empty() || range.last <= floor_) return false;
  if (range.first <= after(floor_)) {
    floor_ = range.last;
    auto it = above_.begin();
    for (; it != above_.end() && it->first <= after(floor_); ++it) floor_ = std::max(floor_, it->last);
    above_.erase(above_.begin(), it);
    return true;
  }
  if (above_.empty() || range.first > after(above_.back().last)) {
    above_.push_back(range);
    return true;
  }
  if (range.first >= above_.back().first) {
    if (range.last <= above_.back().last) return false;
    above_.back().last = range.last;
    return true;
  }
  auto begin = std::lower_bound(above_.begin(), above_.end(), range.first,
                                [](const SeqRange& one, Seq wanted) { return after(one.last) < wanted; });
  if (begin->first <= range.first && begin->last >= range.last) return false;
  auto end = std::upper_bound(begin, above_.end(), range.last,
                              [](Seq wanted, const SeqRange& one) { return after(wanted) < one.first; });
  if (begin == end) {
    above_.insert(begin, range);
    return true;
  }
  begin->first = std::min(begin->first, range.first);
  begin->last = std::max(std::prev(end)->last, range.last);
  above_.erase(begin + 1, end);
  return true;
}

bool RangeSet::add(const RangeSet& other) {
  bool changed = raise_floor(other.floor_);
  for (const SeqRange& range : other.above_) changed = add(range) || changed;
  return changed;
}

Seq RangeSet::next_missing(Seq from) const {
  Seq seq = after(std::max(from, floor_));
  auto it = std::upper_bound(above_.begin(), above_.end(), seq,
                             [](Seq wanted, const SeqRange& range) { return wanted < range.first; });
  if (it != above_.begin() && std::prev(it)->last >= seq) seq = after(std::prev(it)->last);
  return seq;
}

std::uint64_t RangeSet::missing_through(Seq last) const {
  if (last <= floor_) return 0;
  std::uint64_t missing = last - floor_;
  for (const SeqRange& range : above_) {
    if (range.first > last) break;
    missing -= std::min(range.last, last) - range.first + 1;
  }
  return missing;
}

}  // namespace mesh
