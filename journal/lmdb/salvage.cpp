#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include <journal/batch_extent.hpp>
#include <journal/check.hpp>
#include <journal/lmdb/gather.hpp>
#include <journal/lmdb/recovery.hpp>
#include <journal/lmdb/salvage_state.hpp>

namespace mesh {

namespace {

using namespace lmdb;

constexpr std::size_t stored_size_max = event_size_limit + 2 * batch_body_target;
constexpr std::uint32_t usual_page_size = 4096;

/// Where a batch that verified lies in the damaged file.
struct Place {
  Seq last = 0;
  std::uint64_t at = 0;
  std::size_t size = 0;
  std::uint32_t count = 0;
};

/// The batches of one damaged segment that verify and do not overlap. What the newest tree refers to goes
/// first, then the tree before it, then pages no tree refers to.
class Harvest {
 public:
  Harvest(const PageFile& file, SeqRange range, const Origin& origin)
      : file_(file), range_(range), origin_(origin) {}

  void run() {
    const GatherVisit visit = [this](const Gathered& entry) { take(entry); };
    const auto zero = file_.meta(0);
    const auto one = file_.meta(1);
    const bool one_is_newer = one && (!zero || one->txn > zero->txn);
    for (const auto* meta : {one_is_newer ? &one : &zero, one_is_newer ? &zero : &one}) {
      if (*meta) gather_tree(file_, **meta, (*meta)->main, visit);
    }
    const std::uint32_t page_size = zero ? zero->page_size : one ? one->page_size : usual_page_size;
    gather_leaves(file_, page_size, visit);
    gather_runs(file_, page_size, [this](std::uint64_t at, std::size_t size_max) { take_run(at, size_max); });
  }

  const std::map<Seq, Place>& places() const { return places_; }

  Result<ByteView> read(const Place& place) {
    buffer_.resize(place.size);
    if (auto done = file_.read(place.at, buffer_); !done) return done.error();
    return ByteView(buffer_);
  }

 private:
  void take(const Gathered& entry) {
    if (entry.key.size() != segment_key_size || entry.is_tree || entry.size > stored_size_max) return;
    Place place{0, entry.at, entry.size, 0};
    const auto stored = read(place);
    if (!stored) return;
    const auto batch = parse_stored(entry.key, *stored, origin_, file_.path());
    if (batch) keep(*batch, place);
  }

  /// Pages no leaf leads to: the batch itself has to tell its key and its size.
  void take_run(std::uint64_t at, std::size_t size_max) {
    Place place{0, at, std::min(size_max, stored_size_max), 0};
    const auto run = read(place);
    const auto size = run ? detail::batch_extent(*run) : std::nullopt;
    if (!size) return;
    place.size = *size;
    const auto batch = parse_batch(run->first(*size));
    if (batch && batch->header.origin == origin_ && batch->header.flags == 0) keep(*batch, place);
  }

  void keep(const BatchView& batch, Place place) {
    if (!decode_events(batch, events_)) return;
    const BatchHeader& header = batch.header;
    if (header.first < range_.first || header.last > range_.last) return;
    const auto after = places_.lower_bound(header.first);
    if (after != places_.end() && after->first <= header.last) return;
    if (after != places_.begin() && std::prev(after)->second.last >= header.first) return;
    place.last = header.last;
    place.count = header.count;
    places_.emplace(header.first, place);
  }

  const PageFile& file_;
  const SeqRange range_;
  const Origin origin_;
  std::map<Seq, Place> places_;
  std::vector<std::byte> buffer_;
  std::vector<EventView> events_;
};

/// Keeps `path` as path.damaged (or .damaged.2, ...) and puts `replacement` there, in one step.
Result<std::string> replace_file(const std::string& path, const std::string& replacement) {
  std::string aside = path + ".damaged";
  for (unsigned number = 2; exists(aside); ++number) aside = path + ".damaged." + std::to_string(number);
  if (::link(path.c_str(), aside.c_str()) != 0 && errno != ENOENT) return io_error(errno, "link", path);
  ::unlink((path + "-lock").c_str());
  if (auto done = rename_file(replacement, path); !done) return done.error();
  const auto cut = path.find_last_of('/');
  if (auto done = sync_directory(path.substr(0, cut)); !done) return done.error();
  return aside;
}

std::vector<SeqRange> missing_ranges(const Harvest& harvest, SeqRange range) {
  std::vector<SeqRange> missing;
  Seq next = range.first;
  for (const auto& [first, place] : harvest.places()) {
    if (first > next) missing.push_back({next, first - 1});
    next = place.last + 1;
  }
  if (next <= range.last) missing.push_back({next, range.last});
  return missing;
}

Result<SegmentSalvage> salvage_segment(const Paths& paths, SeqRange range, const Origin& origin) {
  const std::string path = paths.segment(range.first);
  const auto file = PageFile::open(path);
  if (!file) return file.error();
  Harvest harvest(*file, range, origin);
  harvest.run();

  if (auto done = remove_env_file(paths.new_segment()); !done) return done.error();
  SegmentSalvage report{path, {}, 0, 0, missing_ranges(harvest, range)};
  EnvOptions options;
  const auto size = file->size();
  if (!size) return size.error();
  options.map_size = 2 * *size + (1ull << 30);
  const auto fill = [&](MDB_txn* txn, std::span<const MDB_dbi> tables) -> Result<void> {
    for (const auto& [first, place] : harvest.places()) {
      const auto stored = harvest.read(place);
      if (!stored) return stored.error();
      std::byte raw_key[segment_key_size];
      put_segment_key(raw_key, {origin, first, place.last, place.count, 0, 0});
      MDB_val key = to_value(ByteView(raw_key));
      MDB_val value = to_value(*stored);
      const int rc = mdb_put(txn, tables[0], &key, &value, MDB_APPEND);
      if (rc != 0) return env_error(rc, "write", paths.new_segment());
      ++report.batches;
      report.events += place.count;
    }
    return {};
  };
  if (auto done = Env::create(paths.new_segment(), options, fill); !done) return done.error();
  auto aside = replace_file(path, paths.new_segment());
  if (!aside) return aside.error();
  report.kept_aside = std::move(*aside);
  return report;
}

Result<void> salvage_segments(const Paths& paths, const Origin& origin, SalvageReport& report) {
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  for (std::size_t i = 0; i < firsts->size(); ++i) {
    const SeqRange range{(*firsts)[i], i + 1 < firsts->size() ? (*firsts)[i + 1] - 1 : ~Seq{0}};
    const auto sound = verify_segment(paths, range.first, origin, Depth::batches, false);
    if (sound) continue;
    const Errc code = sound.error().code;
    if (code != Errc::journal_damaged && code != Errc::journal_foreign) return sound.error();
    auto salvaged = salvage_segment(paths, range, origin);
    if (!salvaged) return salvaged.error();
    report.segments.push_back(std::move(*salvaged));
  }
  return {};
}

/// Of the first batch that verifies anywhere; for a journal whose marks are lost.
Result<Origin> find_origin(const Paths& paths) {
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  std::optional<Origin> origin;
  for (const Seq first : *firsts) {
    const auto file = PageFile::open(paths.segment(first));
    if (!file) return file.error();
    std::vector<std::byte> bytes;
    gather_leaves(*file, usual_page_size, [&](const Gathered& entry) {
      if (origin || entry.size > stored_size_max) return;
      bytes.resize(entry.size);
      if (!file->read(entry.at, bytes)) return;
      if (const auto batch = parse_batch(ByteView(bytes))) origin = batch->header.origin;
    });
    if (origin) return *origin;
  }
  return fail(Errc::journal_damaged, paths.directory + ": neither marks nor any batch can be read");
}

Result<Marks> salvage_marks(const Paths& paths, SalvageReport& report) {
  const auto marks = verify_state(paths, false);
  const bool missing = !marks && marks.error().code == Errc::journal_missing;
  if (marks && check_state_entries(paths)) return marks;
  if (!marks && !missing && marks.error().code != Errc::journal_damaged &&
      marks.error().code != Errc::journal_foreign) {
    return marks.error();
  }
  auto rebuilt = rebuild_state(paths, [&paths] { return find_origin(paths); });
  if (!rebuilt) return rebuilt.error();
  auto aside = replace_file(paths.state(), paths.new_state());
  if (!aside) return aside.error();
  report.state_rebuilt = true;
  report.state_entries_kept = rebuilt->entries;
  report.state_kept_aside = missing ? std::string() : std::move(*aside);
  return rebuilt->marks;
}

Result<void> check_segments_follow(const Paths& paths, const Marks& marks) {
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  std::vector<SeqRange> ranges;
  for (const Seq first : *firsts) {
    const auto segment = SealedSegment::open(paths, first, marks.origin);
    if (!segment) return segment.error();
    ranges.push_back({first, (*segment)->last()});
  }
  return check_chain(paths, ranges, marks);
}

/// Makes the next open a suspect one.
Result<void> mark_suspect(const Paths& paths, Marks marks) {
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  if (firsts->empty()) {
    if (auto done = ActiveSegment::create(paths, marks.dropped_through + 1, 0); !done) return done;
  }
  marks.clean = false;
  marks.durability = Durability::os;
  marks.boot_id.clear();
  marks.synced_through = 0;
  marks.newest_segment = firsts->empty() ? 1 : firsts->back();
  marks.holes_through = marks.newest_segment;
  auto state = StateStore::open(paths, true);
  if (!state) return state.error();
  return state->write({}, &marks);
}

}  // namespace

Result<SalvageReport> salvage_journal(const std::string& directory) {
  const Paths paths{directory};
  if (!exists(directory)) return fail(Errc::journal_missing, directory + " is not there");
  if (!is_directory(directory)) return fail(Errc::journal_foreign, directory + " is not a directory");
  if (!exists(paths.segments())) return fail(Errc::journal_foreign, directory + " holds no segments");
  const auto lock = lock_writer(paths);
  if (!lock) return lock.error();
  SalvageReport report;
  const auto marks = salvage_marks(paths, report);
  if (!marks) return marks.error();
  if (auto done = salvage_segments(paths, marks->origin, report); !done) return done.error();
  report.was_incomplete = !check_segments_follow(paths, *marks);
  if (report.changed()) {
    if (auto done = mark_suspect(paths, *marks); !done) return done.error();
  }
  return report;
}

}  // namespace mesh
