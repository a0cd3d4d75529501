#include <journal/lmdb/lmdb_journal.hpp>

#include <journal/append_rules.hpp>
#include <journal/lmdb/lmdb_reader.hpp>

namespace mesh {

Result<std::unique_ptr<Journal>> open_journal(const std::string& directory, const JournalOptions& options) {
  return lmdb::LmdbJournal::open(directory, options);
}

Result<std::unique_ptr<Journal>> open_journal_reader(const std::string& directory) {
  return lmdb::LmdbReader::open(directory);
}

namespace lmdb {

namespace {

constexpr std::chrono::seconds readers_check_period{10};

Identity identity_of(const Recovered& recovered) {
  const Marks& marks = recovered.marks;
  return {marks.origin, marks.name, marks.incarnation, marks.run, recovered.opened, !marks.boot_id.empty()};
}

}  // namespace

Result<std::unique_ptr<Journal>> LmdbJournal::open(const std::string& directory,
                                                   const JournalOptions& options, const OpenHooks& hooks) {
  auto recovered = recover(directory, options, hooks);
  if (!recovered) return recovered.error();
  return std::unique_ptr<Journal>(new LmdbJournal(Paths{directory}, options, hooks, std::move(*recovered)));
}

LmdbJournal::LmdbJournal(Paths paths, const JournalOptions& options, const OpenHooks& hooks,
                         Recovered recovered)
    : paths_(std::move(paths)),
      options_(options),
      hooks_(hooks),
      identity_(identity_of(recovered)),
      lock_(std::move(recovered.lock)),
      marks_(recovered.marks),
      state_(std::move(recovered.state)),
      background_sync_(recovered.marks.synced_through),
      head_(recovered.head),
      next_(recovered.next),
      dropped_(recovered.marks.dropped_through),
      segments_(std::move(recovered.segments)) {}

LmdbJournal::~LmdbJournal() {
  static_cast<void>(close());
}

SegmentSetPtr LmdbJournal::segments() const {
  const std::lock_guard lock(segments_mutex_);
  return segments_;
}

void LmdbJournal::set_segments(SegmentSetPtr set) {
  const std::lock_guard lock(segments_mutex_);
  segments_.swap(set);
}

ActiveSegment::Options LmdbJournal::active_options() const {
  return {options_.segment_size, true, options_.durability == Durability::disk && !hooks_.force_no_sync};
}

Result<void> LmdbJournal::refuse_closed() const {
  if (closed_) return fail(Errc::closed, "the journal was closed");
  return {};
}

bool LmdbJournal::is_full(const ActiveSegment& active) const {
  // The file itself is the second bound: one-page batches and long readers make it larger than its events.
  return active.event_bytes() >= options_.segment_size ||
         active.env().used_bytes() >= options_.segment_size + options_.segment_size / 2;
}

Result<void> LmdbJournal::append(std::span<const Batch> batches) {
  if (auto open = refuse_closed(); !open) return open;
  if (auto rules = detail::check_append(batches, marks_.origin, next_); !rules) return rules;
  if (batches.empty()) return {};
  check_readers_now_and_then();
  if (active_lost_) {
    if (auto done = reopen_active(); !done) return done;
  }
  auto active = segments()->active;
  if (is_full(*active)) {
    if (auto done = roll(); !done) return done;
    active = segments()->active;
  }
  auto done = active->append(batches);
  if (!done) {
    active_lost_ = active->env().is_broken();
    return done;
  }
  head_ = batches.back().header.last;
  next_ = head_ + 1;
  return {};
}

/// Seals the newest segment and begins the next.
Result<void> LmdbJournal::roll() {
  const SegmentSetPtr before = segments();
  const Seq sealed_first = before->active->first();
  const auto sealed = SealedSegment::open(paths_, sealed_first, marks_.origin);
  if (!sealed) return sealed.error();
  // A roll that failed half-way has left the file behind, empty: it has the same name.
  const Seq first = next_;
  if (exists(paths_.segment(first))) {
    const auto sound = verify_segment(paths_, first, marks_.origin, Depth::structure, false);
    if (!sound) return with_hint(sound.error(), paths_.directory);
  } else if (auto done = ActiveSegment::create(paths_, first, options_.segment_size); !done) {
    return done;
  }
  auto active = ActiveSegment::open(paths_, first, marks_.origin, active_options());
  if (!active) return active.error();
  Marks marks = marks_;
  marks.newest_segment = first;
  marks.synced_through = std::max(marks.synced_through, background_sync_.synced_through());
  if (auto done = state_.write({}, &marks); !done) return done;
  marks_ = marks;
  if (options_.durability == Durability::os) {
    background_sync_.add(paths_.segment(sealed_first), (*sealed)->last());
  }
  auto after = std::make_shared<SegmentSet>();
  after->sealed = before->sealed;
  after->sealed.push_back(*sealed);
  after->active = std::move(*active);
  set_segments(std::move(after));
  return {};
}

/// A meta page could not be written. LMDB refuses everything until the file is opened anew.
Result<void> LmdbJournal::reopen_active() {
  SegmentSetPtr before = segments();
  const Seq first = marks_.newest_segment;
  auto without = std::make_shared<SegmentSet>();
  without->sealed = before->sealed;
  const std::weak_ptr<ActiveSegment> old = before->active;
  set_segments(without);
  before.reset();
  if (!old.expired())
    return fail(Errc::journal_io, paths_.segment(first) + " cannot be reopened while it is read");
  if (auto sound = verify_segment(paths_, first, marks_.origin, Depth::structure, false); !sound) {
    return with_hint(sound.error(), paths_.directory);
  }
  auto active = ActiveSegment::open(paths_, first, marks_.origin, active_options());
  if (!active) return active.error();
  // What was reported as failed must not come back.
  if (auto done = (*active)->erase_after(head_); !done) return done;
  auto after = std::make_shared<SegmentSet>(*without);
  after->active = std::move(*active);
  set_segments(std::move(after));
  active_lost_ = false;
  return {};
}

void LmdbJournal::check_readers_now_and_then() {
  const auto now = std::chrono::steady_clock::now();
  if (now - readers_checked_ < readers_check_period) return;
  readers_checked_ = now;
  state_.check_readers();
  if (const auto set = segments(); set->active) set->active->env().check_readers();
}

Result<void> LmdbJournal::write_state(std::span<const StateWrite> writes) {
  if (auto open = refuse_closed(); !open) return open;
  if (auto rules = detail::check_state(writes); !rules) return rules;
  const Seq synced = background_sync_.synced_through();
  if (synced <= marks_.synced_through) return state_.write(writes, nullptr);
  Marks marks = marks_;
  marks.synced_through = synced;
  if (auto done = state_.write(writes, &marks); !done) return done;
  marks_ = marks;
  return {};
}

Result<std::optional<std::string>> LmdbJournal::read_state(Table table, std::string_view key) const {
  if (auto open = refuse_closed(); !open) return open.error();
  if (auto rules = detail::check_state_key(table, key); !rules) return rules.error();
  return state_.read(table, key);
}

Result<void> LmdbJournal::scan_state(Table table, std::string_view key_prefix,
                                     const StateVisit& visit) const {
  if (auto open = refuse_closed(); !open) return open;
  if (auto rules = detail::check_state_key(table, "any"); !rules) return rules;
  return state_.scan(table, key_prefix, visit);
}

Result<void> LmdbJournal::read(Seq after, const BatchVisit& visit) const {
  if (auto open = refuse_closed(); !open) return open;
  SegmentSetPtr set = segments();
  for (;;) {
    const auto end = set->read(after, visit);
    SegmentSetPtr now = segments();
    if (end) {
      if (end->stopped) return {};
      // Rolled meanwhile: go on in the new segment, so that the read reaches the head.
      if (now == set || end->reached >= head_) return {};
      after = end->reached;
    } else if (end.error().code != Errc::journal_missing || now == set) {
      return with_hint(end.error(), paths_.directory);
    } else {
      after = std::max(after, dropped_.load());  // retention took the segment; nothing of it was shown
    }
    set = std::move(now);
  }
}

Result<Seq> LmdbJournal::find_time(WallTime when) const {
  if (auto open = refuse_closed(); !open) return open.error();
  const Seq head = head_;
  const auto found = segments()->find_time(when);
  if (!found) return with_hint(found.error(), paths_.directory);
  return *found ? **found : head;
}

JournalUsage LmdbJournal::usage() const {
  const auto usage = segments()->usage();
  return usage ? *usage : JournalUsage{};
}

Result<std::size_t> LmdbJournal::drop_through(Seq seq) {
  if (auto open = refuse_closed(); !open) return open.error();
  const SegmentSetPtr before = segments();
  auto after = std::make_shared<SegmentSet>(*before);
  std::size_t count = 0;
  while (count < before->sealed.size() && before->sealed[count]->last() <= seq) ++count;
  if (count == 0) return count;
  // Marked first: should the unlinking be cut short, the next open finishes it.
  Marks marks = marks_;
  marks.dropped_through = before->sealed[count - 1]->last();
  if (auto done = state_.write({}, &marks); !done) return done.error();
  marks_ = marks;
  after->sealed.erase(after->sealed.begin(), after->sealed.begin() + static_cast<std::ptrdiff_t>(count));
  set_segments(std::move(after));
  dropped_ = marks.dropped_through;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto done = remove_env_file(paths_.segment(before->sealed[i]->first())); !done) return done.error();
  }
  return count;
}

Result<void> LmdbJournal::sync_events() {
  const bool background_done = background_sync_.finish();
  const SegmentSetPtr set = segments();
  if (options_.durability == Durability::disk) return {};
  if (!background_done) {
    for (const auto& segment : set->sealed) {
      if (segment->last() <= background_sync_.synced_through()) continue;
      if (auto done = sync_file(paths_.segment(segment->first())); !done) return done;
    }
  }
  return set->active ? set->active->env().sync() : Result<void>{};
}

Result<void> LmdbJournal::close() {
  if (closed_.exchange(true)) return {};
  auto done = sync_events();
  if (done && !active_lost_) {
    Marks marks = marks_;
    marks.clean = true;
    marks.synced_through = head_;
    done = state_.write({}, &marks);
  }
  set_segments(std::make_shared<SegmentSet>());
  lock_ = File();
  return done;
}

}  // namespace lmdb

}  // namespace mesh
