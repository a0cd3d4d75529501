#include <journal/lmdb/recovery.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

#include <journal/append_rules.hpp>
#include <journal/lmdb/tree_cursor.hpp>

namespace mesh::lmdb {

namespace {

Result<Origin> make_origin() {
  Origin origin;
  std::ifstream random("/dev/urandom", std::ios::binary);
  random.read(reinterpret_cast<char*>(origin.bytes.data()),
              static_cast<std::streamsize>(origin.bytes.size()));
  if (!random) return fail(Errc::journal_io, "cannot read /dev/urandom");
  return origin;
}

enum class Found : std::uint8_t { nothing, journal };

/// Is the segments directory one that creation has left half-made: at most an empty first segment?
Result<void> check_half_made(const Paths& paths) {
  if (!exists(paths.segments())) return {};
  const auto firsts = list_segments(paths);
  if (!firsts) return firsts.error();
  for (const Seq first : *firsts) {
    const auto file = PageFile::open(paths.segment(first));
    const auto meta = file ? file->newest_meta() : Result<MetaInfo>(file.error());
    if (first != 1 || !meta || meta->main.entries != 0) {
      return fail(Errc::journal_damaged, paths.state() + " is missing beside segments that hold events");
    }
  }
  return {};
}

/// Ours, empty, or somebody else's?
Result<Found> look_at(const Paths& paths) {
  if (!exists(paths.directory)) return Found::nothing;
  if (!is_directory(paths.directory)) {
    return fail(Errc::journal_foreign, paths.directory + " is not a directory");
  }
  if (exists(paths.state())) return Found::journal;
  const auto names = list_names(paths.directory);
  if (!names) return names.error();
  for (const auto& name : *names) {
    const bool ours = name == "lock" || name == "segments" || name == "state.new" ||
                      name == "state.mdb-lock" || name == "lost+found";
    if (!ours) return fail(Errc::journal_foreign, paths.directory + " is not empty and holds no journal");
  }
  if (auto done = check_half_made(paths); !done) return done.error();
  return Found::nothing;
}

/// state.mdb comes last: its presence says that the rest is complete.
Result<Marks> create(const Paths& paths, const JournalOptions& options) {
  if (auto name = detail::check_journal_name(options.name); !name) return name.error();
  auto origin = make_origin();
  if (!origin) return origin.error();
  Marks marks;
  marks.origin = *origin;
  marks.name = options.name;
  if (auto done = make_directory(paths.segments()); !done) return done.error();
  if (auto done = remove_env_file(paths.segment(1)); !done) return done.error();
  if (auto done = ActiveSegment::create(paths, 1, options.segment_size); !done) return done.error();
  if (auto done = create_state(paths, marks); !done) return done.error();
  return marks;
}

/// The segments of an existing journal, taken into use one step after the other.
class Opening {
 public:
  Opening(const Paths& paths, const JournalOptions& options, const OpenHooks& hooks, Marks& marks)
      : paths_(paths), options_(options), hooks_(hooks), marks_(marks) {}

  Result<Opened> run(bool created, const std::string& boot_id) {
    Opened opened = created ? Opened::created : marks_.clean ? Opened::clean : Opened::crashed;
    const bool unsynced = !created && !marks_.clean && marks_.durability == Durability::os;
    if (unsynced && (boot_id.empty() || boot_id != marks_.boot_id)) opened = Opened::suspect;
    if (auto done = list(); !done) return done.error();
    if (opened == Opened::suspect) {
      if (auto done = verify_unsynced(); !done) return done.error();
    } else {
      const auto sound = verify_segment(paths_, firsts_.back(), marks_.origin, Depth::structure, false);
      if (!sound) return sound.error();
    }
    if (auto done = open_sealed(opened == Opened::suspect); !done) return done.error();
    if (opened == Opened::suspect) {
      if (auto done = start_incarnation(); !done) return done.error();
    }
    if (auto done = open_active(); !done) return done.error();
    if (unsynced || opened == Opened::suspect) {
      if (auto done = sync_all(); !done) return done.error();
    }
    marks_.synced_through = head_;
    marks_.newest_segment = firsts_.back();
    return opened;
  }

  std::shared_ptr<const SegmentSet> segments() const { return set_; }

  Seq head() const { return head_; }

  Seq next() const { return std::max(head_ + 1, set_->active->first()); }

 private:
  /// Finishes what a drop_through or a roll that was cut short has begun.
  Result<void> list() {
    if (auto done = remove_env_file(paths_.new_segment()); !done) return done;
    auto firsts = list_segments(paths_);
    if (!firsts) return firsts.error();
    firsts_ = std::move(*firsts);
    if (!firsts_.empty()) return {};
    return fail(Errc::journal_damaged, paths_.segments() + " holds no segment");
  }

  /// After a power loss: all that was not known to be synced, as bytes, batch by batch.
  Result<void> verify_unsynced() {
    for (std::size_t i = 0; i < firsts_.size(); ++i) {
      const bool synced = i + 1 < firsts_.size() && firsts_[i + 1] <= marks_.synced_through + 1;
      if (synced) continue;
      const auto sound = verify_segment(paths_, firsts_[i], marks_.origin, Depth::batches, false);
      if (!sound) return sound.error();
    }
    return {};
  }

  Result<void> open_sealed(bool with_newest) {
    const std::size_t count = firsts_.size() - (with_newest ? 0 : 1);
    std::vector<SeqRange> ranges;
    for (std::size_t i = 0; i < count; ++i) {
      auto segment = SealedSegment::open(paths_, firsts_[i], marks_.origin);
      if (!segment) return segment.error();
      const Seq last = (*segment)->last();
      ranges.push_back({firsts_[i], last});
      // Retention's work cut short, or a segment that was begun and never confirmed anything.
      if (last <= marks_.dropped_through || last < firsts_[i]) {
        unused_.push_back(firsts_[i]);
        continue;
      }
      head_ = last;
      set_->sealed.push_back(std::move(*segment));
    }
    head_ = std::max(head_, marks_.dropped_through);
    if (!with_newest) ranges.push_back({firsts_.back(), firsts_.back() - 1});
    return check_chain(paths_, ranges, marks_);
  }

  /// The old segments are never written again; what comes now is far from any seq that was given out.
  Result<void> start_incarnation() {
    const Seq first = std::max(head_, firsts_.back() - 1) + incarnation_jump;
    if (auto done = ActiveSegment::create(paths_, first, options_.segment_size); !done) return done;
    firsts_.push_back(first);
    ++marks_.incarnation;
    return {};
  }

  Result<void> open_active() {
    const Seq first = firsts_.back();
    ActiveSegment::Options options;
    options.segment_size = options_.segment_size;
    options.for_writing = true;
    options.sync = options_.durability == Durability::disk && !hooks_.force_no_sync;
    auto active = ActiveSegment::open(paths_, first, marks_.origin, options);
    if (!active) return active.error();
    const auto last = (*active)->last();
    if (!last) return last.error();
    if (*last >= first) head_ = *last;
    set_->active = std::move(*active);
    for (const Seq unused : unused_) {
      if (auto done = remove_env_file(paths_.segment(unused)); !done) return done;
    }
    return {};
  }

  /// A writer without syncs died: what it left is in the system's memory only.
  Result<void> sync_all() {
    for (const auto& segment : set_->sealed) {
      if (segment->last() <= marks_.synced_through) continue;
      if (auto done = sync_file(paths_.segment(segment->first())); !done) return done;
    }
    if (auto done = sync_file(paths_.segment(set_->active->first())); !done) return done;
    return sync_directory(paths_.segments());
  }

  const Paths& paths_;
  const JournalOptions& options_;
  const OpenHooks& hooks_;
  Marks& marks_;
  std::vector<Seq> firsts_;
  std::vector<Seq> unused_;
  std::shared_ptr<SegmentSet> set_ = std::make_shared<SegmentSet>();
  Seq head_ = 0;
};

Result<void> check_options(const JournalOptions& options) {
  if (options.segment_size < (64ull << 10) || options.segment_size > (16ull << 30)) {
    return invalid("segment_size is 64 KiB to 16 GiB");
  }
  return options.name.empty() ? Result<void>{} : detail::check_journal_name(options.name);
}

Result<Recovered> recover_locked(const Paths& paths, const JournalOptions& options, const OpenHooks& hooks,
                                 File lock) {
  // Looked at again: the last holder of the lock may have made it.
  const auto found = look_at(paths);
  if (!found) return found.error();
  if (auto done = remove_env_file(paths.new_state()); !done) return done.error();
  const bool created = *found == Found::nothing;
  auto marks = created ? create(paths, options) : verify_state(paths, false);
  if (!marks) return marks.error();
  const std::string boot_id = hooks.boot_id ? *hooks.boot_id : read_boot_id();
  Opening opening(paths, options, hooks, *marks);
  const auto opened = opening.run(created, boot_id);
  if (!opened) return opened.error();

  if (!options.name.empty()) marks->name = options.name;
  ++marks->run;
  marks->boot_id = boot_id;
  marks->clean = false;
  marks->durability = options.durability;
  auto state = StateStore::open(paths, true);
  if (!state) return state.error();
  if (auto done = state->write({}, &*marks); !done) return done.error();
  return Recovered{std::move(lock),    *marks,         *opened,       std::move(*state),
                   opening.segments(), opening.head(), opening.next()};
}

}  // namespace

Error with_hint(Error error, const std::string& directory) {
  if (error.code == Errc::journal_damaged && error.text.find("salvage") == std::string::npos) {
    error.text += "; `zmesh journal salvage " + directory + "` recovers what verifies";
  }
  return error;
}

Result<Recovered> recover(const std::string& directory, const JournalOptions& options,
                          const OpenHooks& hooks) {
  if (directory.empty()) return invalid("the journal's directory has no name");
  if (auto done = check_options(options); !done) return done.error();
  const Paths paths{directory};
  const auto found = look_at(paths);
  if (!found) return with_hint(found.error(), directory);
  if (*found == Found::nothing) {
    if (auto name = detail::check_journal_name(options.name); !name) return name.error();
    if (auto done = make_directory(directory); !done) return done.error();
  }
  auto lock = lock_writer(paths);
  if (!lock) return lock.error();
  auto recovered = recover_locked(paths, options, hooks, std::move(*lock));
  if (!recovered) return with_hint(recovered.error(), directory);
  return recovered;
}

}  // namespace mesh::lmdb
