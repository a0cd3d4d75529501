#include <journal/lmdb/lmdb_reader.hpp>

#include <algorithm>

#include <journal/append_rules.hpp>
#include <journal/lmdb/recovery.hpp>

namespace mesh::lmdb {

namespace {

/// The writer may roll and drop segments while they are opened; each try sees newer ones.
constexpr unsigned tries_max = 20;

Error read_only() {
  return invalid("the journal was opened for reading only");
}

Identity identity_of(const Marks& marks) {
  return {marks.origin, marks.name, marks.incarnation, marks.run,
          marks.clean ? Opened::clean : Opened::crashed};
}

Result<void> check_there(const Paths& paths) {
  if (!exists(paths.directory)) return fail(Errc::journal_missing, paths.directory + " is not there");
  if (!is_directory(paths.directory))
    return fail(Errc::journal_foreign, paths.directory + " is not a directory");
  if (exists(paths.state())) return {};
  const auto names = list_names(paths.directory);
  if (!names) return names.error();
  if (std::find(names->begin(), names->end(), "segments") != names->end() || names->empty()) {
    return fail(Errc::journal_missing, paths.directory + " holds no complete journal");
  }
  return fail(Errc::journal_foreign, paths.directory + " holds no journal");
}

}  // namespace

Result<std::unique_ptr<Journal>> LmdbReader::open(const std::string& directory) {
  const Paths paths{directory};
  if (auto there = check_there(paths); !there) return there.error();
  auto marks = verify_state(paths, true);
  if (!marks) return with_hint(marks.error(), directory);
  auto state = StateStore::open(paths, false);
  if (!state) return state.error();
  auto reader = std::unique_ptr<LmdbReader>(new LmdbReader(paths, *marks, std::move(*state)));
  if (auto set = reader->refresh(); !set) return with_hint(set.error(), directory);
  return std::unique_ptr<Journal>(std::move(reader));
}

LmdbReader::LmdbReader(Paths paths, const Marks& marks, StateStore state)
    : paths_(std::move(paths)), identity_(identity_of(marks)), state_(std::move(state)) {}

Result<SegmentSetPtr> LmdbReader::build(const std::vector<Seq>& firsts, const SegmentSet& before) const {
  auto set = std::make_shared<SegmentSet>();
  for (std::size_t i = 0; i + 1 < firsts.size(); ++i) {
    const auto known =
        std::lower_bound(before.sealed.begin(), before.sealed.end(), firsts[i],
                         [](const auto& segment, Seq first) { return segment->first() < first; });
    if (known != before.sealed.end() && (*known)->first() == firsts[i]) {
      set->sealed.push_back(*known);
      continue;
    }
    auto segment = SealedSegment::open(paths_, firsts[i], identity_.origin);
    if (!segment) return segment.error();
    set->sealed.push_back(std::move(*segment));
  }
  if (before.active && before.active->first() == firsts.back()) {
    set->active = before.active;
    return SegmentSetPtr(std::move(set));
  }
  // LMDB may have it only when the walk finds it sound, or when this process has it open already.
  if (!Env::find(paths_.segment(firsts.back()))) {
    const auto sound = verify_segment(paths_, firsts.back(), identity_.origin, Depth::structure, true);
    if (!sound) return sound.error();
  }
  auto active = ActiveSegment::open(paths_, firsts.back(), identity_.origin, {});
  if (!active) return active.error();
  set->active = std::move(*active);
  return SegmentSetPtr(std::move(set));
}

Result<SegmentSetPtr> LmdbReader::refresh() const {
  const std::lock_guard lock(mutex_);
  for (unsigned tries = 0;; ++tries) {
    const auto firsts = list_segments(paths_);
    if (!firsts) return firsts.error();
    if (firsts->empty()) return fail(Errc::journal_damaged, paths_.segments() + " holds no segment");
    const auto& sealed = segments_->sealed;
    const bool same = segments_->active && segments_->active->first() == firsts->back() &&
                      sealed.size() + 1 == firsts->size() &&
                      (sealed.empty() || sealed.front()->first() == firsts->front());
    if (same) return segments_;
    auto set = build(*firsts, *segments_);
    if (set) return segments_ = std::move(*set);
    if (set.error().code != Errc::journal_missing || tries >= tries_max) return set.error();
  }
}

Seq LmdbReader::head() const {
  const auto set = refresh();
  if (!set) return 0;
  const auto last = (*set)->active->last();
  if (last && *last >= (*set)->active->first()) return *last;
  return std::max((*set)->sealed_last(), dropped_through());
}

Seq LmdbReader::next_seq() const {
  const auto set = refresh();
  return set ? std::max(head() + 1, (*set)->active->first()) : 0;
}

Seq LmdbReader::dropped_through() const {
  const auto marks = state_.read_marks();
  return marks ? marks->dropped_through : 0;
}

Result<std::optional<std::string>> LmdbReader::read_state(Table table, std::string_view key) const {
  if (auto rules = detail::check_state_key(table, key); !rules) return rules.error();
  return state_.read(table, key);
}

Result<void> LmdbReader::scan_state(Table table, std::string_view key_prefix, const StateVisit& visit) const {
  if (auto rules = detail::check_state_key(table, "any"); !rules) return rules;
  return state_.scan(table, key_prefix, visit);
}

Result<void> LmdbReader::read(Seq after, const BatchVisit& visit) const {
  auto set = refresh();
  for (unsigned tries = 0; set; ++tries) {
    const auto end = (*set)->read(after, visit);
    auto now = refresh();
    if (!now) return now.error();
    if (end) {
      if (end->stopped || *now == *set) return {};
      after = end->reached;
    } else if (end.error().code != Errc::journal_missing || tries >= tries_max) {
      return with_hint(end.error(), paths_.directory);
    }
    set = std::move(now);
  }
  return set.error();
}

Result<Seq> LmdbReader::find_time(WallTime when) const {
  auto set = refresh();
  for (unsigned tries = 0; set; ++tries) {
    const auto found = (*set)->find_time(when);
    if (found) return *found ? **found : head();
    if (found.error().code != Errc::journal_missing || tries >= tries_max) {
      return with_hint(found.error(), paths_.directory);
    }
    set = refresh();
  }
  return set.error();
}

JournalUsage LmdbReader::usage() const {
  const auto set = refresh();
  if (!set) return {};
  const auto usage = (*set)->usage();
  return usage ? *usage : JournalUsage{};
}

Result<void> LmdbReader::append(std::span<const Batch>) {
  return read_only();
}

Result<void> LmdbReader::write_state(std::span<const StateWrite>) {
  return read_only();
}

Result<std::size_t> LmdbReader::drop_through(Seq) {
  return read_only();
}

Result<void> LmdbReader::close() {
  return {};
}

}  // namespace mesh::lmdb
