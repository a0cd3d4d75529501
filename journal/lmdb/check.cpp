#include <journal/check.hpp>

#include <algorithm>

#include <journal/lmdb/chain.hpp>
#include <journal/lmdb/salvage_state.hpp>
#include <journal/lmdb/segment.hpp>
#include <journal/lmdb/state_store.hpp>
#include <journal/lmdb/verify.hpp>

namespace mesh {

namespace {

using namespace lmdb;

constexpr std::size_t damage_max = 100;

bool is_fatal(const Error& error) {
  return error.code != Errc::journal_damaged && error.code != Errc::journal_foreign;
}

/// Counts one segment. Strict first, so that a running writer's moves are looked at again; when that finds
/// damage, once more, going on past batches that do not verify.
class SegmentChecker {
 public:
  SegmentChecker(const PageFile& file, Seq first, const Origin& origin)
      : file_(file), first_(first), origin_(origin) {}

  Result<SegmentCheck> run() {
    auto done = pass(true);
    if (!done && !is_fatal(done.error())) {
      done = pass(false);
      if (!done && !is_fatal(done.error())) note(done.error());
    }
    if (!done && is_fatal(done.error())) return done.error();
    const auto size = file_.size();
    if (!size) return size.error();
    check_.bytes = *size;
    return check_;
  }

 private:
  Result<void> pass(bool strict) {
    check_ = SegmentCheck{file_.path(), first_, first_ - 1, 0, 0, 0, {}};
    VerifyOptions options;
    options.is_shared = true;
    options.visit = [this, strict](TreeCursor& cursor) -> Result<void> {
      auto done = count(cursor);
      if (done || strict || is_fatal(done.error())) return done;
      note(done.error());
      return {};
    };
    const auto meta = verify_file(file_, options);
    return meta ? Result<void>{} : meta.error();
  }

  Result<void> count(TreeCursor& cursor) {
    const auto stored = cursor.read_value(event_size_limit + 2 * batch_body_target);
    if (!stored) return stored.error();
    const auto batch = parse_stored(cursor.key(), *stored, origin_, file_.path());
    if (!batch) return batch.error();
    if (auto decoded = decode_events(*batch, events_); !decoded) {
      return file_.damaged("at seq " + std::to_string(batch->header.first) + ": " + decoded.error().text);
    }
    if (batch->header.first <= check_.last) return file_.damaged("batches overlap");
    check_.last = batch->header.last;
    check_.events += batch->header.count;
    ++check_.batches;
    return {};
  }

  void note(const Error& error) {
    if (check_.damage.size() < damage_max) check_.damage.push_back(error.text);
  }

  const PageFile& file_;
  const Seq first_;
  const Origin origin_;
  SegmentCheck check_;
  std::vector<EventView> events_;
};

/// A segment that is damaged has its own report, and may be shorter than it was.
void check_order(const Paths& paths, JournalCheck& check, Marks marks) {
  std::vector<SeqRange> ranges;
  for (const auto& segment : check.segments) {
    ranges.push_back({segment.first, segment.last});
    if (!segment.damage.empty()) return;
  }
  // Retention may have gone on since the marks were read.
  if (!ranges.empty()) marks.dropped_through = std::max(marks.dropped_through, ranges.front().first - 1);
  if (auto done = check_chain(paths, ranges, marks); !done) check.damage.push_back(done.error().text);
}

}  // namespace

bool JournalCheck::sound() const {
  const bool segments_sound = std::all_of(segments.begin(), segments.end(),
                                          [](const auto& segment) { return segment.damage.empty(); });
  return segments_sound && damage.empty();
}

Result<JournalCheck> check_journal(const std::string& directory) {
  const Paths paths{directory};
  if (!exists(directory)) return fail(Errc::journal_missing, directory + " is not there");
  if (!is_directory(directory)) return fail(Errc::journal_foreign, directory + " is not a directory");
  JournalCheck check;
  const auto marks = verify_state(paths, true);
  if (!marks) {
    // Without the marks there is no origin to hold the batches against.
    if (marks.error().code != Errc::journal_damaged) return marks.error();
    check.damage.push_back(marks.error().text);
    return check;
  }
  check.origin = marks->origin;
  check.name = marks->name;
  check.incarnation = marks->incarnation;
  if (auto entries = check_state_entries(paths); !entries) {
    if (is_fatal(entries.error())) return entries.error();
    check.damage.push_back(entries.error().text);
  }
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  for (const Seq first : *firsts) {
    const auto file = PageFile::open(paths.segment(first));
    if (!file && file.error().code == Errc::journal_missing) continue;  // retention was here
    if (!file) return file.error();
    auto segment = SegmentChecker(*file, first, check.origin).run();
    if (!segment) return segment.error();
    check.segments.push_back(std::move(*segment));
  }
  check_order(paths, check, *marks);
  return check;
}

}  // namespace mesh
