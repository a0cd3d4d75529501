#include <journal/append_rules.hpp>
#include <journal/lmdb/segment_set.hpp>

namespace mesh::lmdb {

namespace {

/// Publishers' times ascend, so the event is found by halving: in the batch before the first one that begins
/// at `when` or later, or it is that one's first event.
Result<std::optional<Seq>> find_in(const Segment& segment, const SegmentUsage& usage, WallTime when) {
  Seq low = usage.first;  // the batch at low begins before `when`, or low is the first
  Seq high = usage.last;
  Seq found = 0;  // first seq of the earliest batch known to begin at `when` or later
  while (low <= high) {
    const Seq middle = low + (high - low) / 2;
    const auto batch = segment.batch_at(middle);
    if (!batch) return batch.error();
    if (!*batch) return std::optional<Seq>{};
    const BatchHeader& header = (*batch)->header;
    if (detail::first_time((*batch)->view()) >= when) {
      found = header.first;
      if (header.first <= low) break;
      high = std::min(middle, header.first) - 1;
    } else {
      const Seq before = detail::seq_before_time((*batch)->view(), when);
      if (before != header.last) return std::optional<Seq>(before);
      low = std::max(middle, header.last) + 1;
    }
  }
  if (found == 0) return std::optional<Seq>{};
  return std::optional<Seq>(found - 1);
}

}  // namespace

Result<ReadEnd> SegmentSet::read(Seq after, const Journal::BatchVisit& visit) const {
  ReadEnd end{after, false};
  const auto read_one = [&](const Segment& segment) -> Result<void> {
    const auto part = segment.read(end.reached, visit);
    if (!part) return part.error();
    end = *part;
    return {};
  };
  for (const auto& segment : sealed) {
    if (segment->last() <= end.reached) continue;
    if (auto done = read_one(*segment); !done) return done.error();
    if (end.stopped) return end;
  }
  if (active) {
    if (auto done = read_one(*active); !done) return done.error();
  }
  return end;
}

Result<std::optional<Seq>> SegmentSet::find_time(WallTime when) const {
  for (const auto& segment : sealed) {
    const auto usage = segment->usage();
    if (usage->last < usage->first || usage->newest < when) continue;
    auto found = find_in(*segment, *usage, when);
    if (!found || *found) return found;
  }
  if (!active) return std::optional<Seq>{};
  const auto usage = active->usage();
  if (!usage) return usage.error();
  if (usage->last < usage->first) return std::optional<Seq>{};
  return find_in(*active, *usage, when);
}

Result<JournalUsage> SegmentSet::usage() const {
  JournalUsage all;
  for (const auto& segment : sealed) all.segments.push_back(*segment->usage());
  if (active) {
    const auto usage = active->usage();
    if (!usage) return usage.error();
    all.segments.push_back(*usage);
  }
  return all;
}

Seq SegmentSet::sealed_last() const {
  for (auto segment = sealed.rbegin(); segment != sealed.rend(); ++segment) {
    if ((*segment)->last() >= (*segment)->first()) return (*segment)->last();
  }
  return 0;
}

}  // namespace mesh::lmdb
