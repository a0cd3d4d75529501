#include <journal/lmdb/chain.hpp>

namespace mesh::lmdb {

namespace {

/// The next segment begins right after, or a new incarnation begins with it.
bool follows(Seq last, Seq next_first) {
  return next_first == last + 1 || (next_first > last && next_first - last >= incarnation_jump);
}

}  // namespace

Result<void> check_chain(const Paths& paths, std::span<const SeqRange> segments, const Marks& marks) {
  const auto damaged = [](const std::string& what) { return fail(Errc::journal_damaged, what); };
  if (segments.empty() || segments.back().first < marks.newest_segment) {
    return damaged(paths.segment(marks.newest_segment) + " is missing");
  }
  // What retention was about to unlink may still be there.
  Seq last = marks.dropped_through;
  if (segments.front().first <= last) last = segments.front().first - 1;
  for (const SeqRange& segment : segments) {
    const std::string path = paths.segment(segment.first);
    if (segment.first <= last) return damaged(path + " overlaps the segment before it");
    if (segment.first > marks.holes_through && !follows(last, segment.first)) {
      return damaged(path + ": the events between " + std::to_string(last) + " and it are missing");
    }
    last = segment.empty() ? segment.first - 1 : segment.last;
  }
  return {};
}

}  // namespace mesh::lmdb
