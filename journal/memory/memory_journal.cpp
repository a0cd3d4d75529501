#include <journal/memory/memory_journal.hpp>

#include <algorithm>

#include <journal/append_rules.hpp>

namespace mesh {

namespace {

/// Batches handed out per lock of the store.
constexpr std::size_t read_chunk = 16;

Error closed_error() {
  return fail(Errc::closed, "the journal was closed");
}

Opened how_opened(bool is_new, bool suspect, bool clean) {
  if (is_new) return Opened::created;
  if (suspect) return Opened::suspect;
  return clean ? Opened::clean : Opened::crashed;
}

}  // namespace

Result<std::unique_ptr<MemoryJournal>> MemoryJournal::open(std::shared_ptr<MemoryStore> store,
                                                           const JournalOptions& options) {
  if (options.segment_size == 0) return invalid("segment_size is 0");
  MemoryStore& disk = *store;
  const std::lock_guard lock(disk.mutex_);
  if (disk.locked_) return fail(Errc::journal_locked, "another writer has this memory journal open");
  const bool is_new = disk.incarnation_ == 0;
  if (!options.name.empty() || is_new) {
    if (auto name = detail::check_journal_name(options.name); !name) return name.error();
    disk.name_ = options.name;
  }
  const Opened opened = how_opened(is_new, disk.suspect_, disk.clean_);
  if (is_new || opened == Opened::suspect) {
    ++disk.incarnation_;
    disk.segments_.push_back({disk.next_, 0, {}});
  }
  disk.run_ += 1;
  disk.locked_ = true;
  disk.clean_ = disk.suspect_ = false;
  disk.durability_ = options.durability;

  auto journal = std::unique_ptr<MemoryJournal>(new MemoryJournal(std::move(store), options.segment_size));
  journal->identity_ = {disk.origin_, disk.name_, disk.incarnation_, disk.run_, opened};
  return journal;
}

MemoryJournal::~MemoryJournal() {
  static_cast<void>(close());
}

void MemoryJournal::crash() {
  const std::lock_guard lock(store_->mutex_);
  if (!open_) return;
  open_ = false;
  store_->locked_ = false;
}

Result<void> MemoryJournal::close() {
  const std::lock_guard lock(store_->mutex_);
  if (!open_) return {};
  open_ = false;
  store_->locked_ = false;
  store_->clean_ = true;
  store_->synced_commit_ = store_->commit_;
  return {};
}

Seq MemoryJournal::head() const {
  const std::lock_guard lock(store_->mutex_);
  return store_->head_;
}

Seq MemoryJournal::next_seq() const {
  const std::lock_guard lock(store_->mutex_);
  return store_->next_;
}

Seq MemoryJournal::dropped_through() const {
  const std::lock_guard lock(store_->mutex_);
  return store_->dropped_;
}

Result<void> MemoryJournal::append(std::span<const Batch> batches) {
  MemoryStore& disk = *store_;
  const std::lock_guard lock(disk.mutex_);
  if (!open_) return closed_error();
  if (auto rules = detail::check_append(batches, disk.origin_, disk.next_); !rules) return rules;
  if (disk.append_error_) return *std::exchange(disk.append_error_, std::nullopt);
  if (batches.empty()) return {};

  if (disk.segments_.back().bytes >= segment_size_) {
    disk.synced_commit_ = disk.commit_;
    disk.segments_.push_back({disk.next_, 0, {}});
  }
  ++disk.commit_;
  auto& segment = disk.segments_.back();
  for (const auto& batch : batches) {
    segment.bytes += batch.size();
    segment.batches.push_back({batch, disk.commit_});
  }
  disk.head_ = batches.back().header.last;
  disk.next_ = disk.head_ + 1;
  if (disk.durability_ == Durability::disk) disk.synced_commit_ = disk.commit_;
  return {};
}

Result<void> MemoryJournal::write_state(std::span<const StateWrite> writes) {
  const std::lock_guard lock(store_->mutex_);
  if (!open_) return closed_error();
  if (auto rules = detail::check_state(writes); !rules) return rules;
  if (store_->state_error_) return *std::exchange(store_->state_error_, std::nullopt);
  for (const auto& write : writes) {
    auto& table = store_->tables_[write.table];
    if (write.value) {
      table.insert_or_assign(write.key, *write.value);
    } else {
      table.erase(write.key);
    }
  }
  return {};
}

Result<std::optional<std::string>> MemoryJournal::read_state(Table table, std::string_view key) const {
  const std::lock_guard lock(store_->mutex_);
  if (!open_) return closed_error();
  if (auto rules = detail::check_state_key(table, key); !rules) return rules.error();
  const auto entries = store_->tables_.find(table);
  if (entries == store_->tables_.end()) return std::optional<std::string>{};
  const auto entry = entries->second.find(key);
  if (entry == entries->second.end()) return std::optional<std::string>{};
  return std::optional<std::string>{entry->second};
}

Result<void> MemoryJournal::scan_state(Table table, std::string_view key_prefix,
                                       const StateVisit& visit) const {
  std::vector<std::pair<std::string, std::string>> found;
  {
    const std::lock_guard lock(store_->mutex_);
    if (!open_) return closed_error();
    if (auto rules = detail::check_state_key(table, "any"); !rules) return rules;
    const auto entries = store_->tables_.find(table);
    if (entries == store_->tables_.end()) return {};
    for (auto entry = entries->second.lower_bound(key_prefix); entry != entries->second.end(); ++entry) {
      if (!entry->first.starts_with(key_prefix)) break;
      found.emplace_back(*entry);
    }
  }
  for (const auto& [key, value] : found) {
    if (!visit(key, value)) break;
  }
  return {};
}

Result<std::vector<Batch>> MemoryJournal::batches_after(Seq after) const {
  const std::lock_guard lock(store_->mutex_);
  if (!open_) return closed_error();
  std::vector<Batch> batches;
  for (const auto& segment : store_->segments_) {
    if (segment.last() <= after) continue;
    const auto ends_before = [](Seq seq, const auto& stored) { return seq < stored.batch.header.last; };
    auto stored = std::upper_bound(segment.batches.begin(), segment.batches.end(), after, ends_before);
    for (; stored != segment.batches.end(); ++stored) {
      if (batches.size() == read_chunk) return batches;
      batches.push_back(stored->batch);
    }
  }
  return batches;
}

Result<void> MemoryJournal::read(Seq after, const BatchVisit& visit) const {
  for (;;) {
    const auto batches = batches_after(after);
    if (!batches) return batches.error();
    if (batches->empty()) return {};
    for (const auto& batch : *batches) {
      const auto view = parse_batch(batch.bytes.view());
      if (!view) return view.error();
      if (!visit(*view)) return {};
      after = batch.header.last;
    }
  }
}

Result<Seq> MemoryJournal::find_time(WallTime when) const {
  Seq before = 0;
  bool found = false;
  auto done = read(0, [&](const BatchView& batch) {
    before = detail::seq_before_time(batch, when);
    found = before != batch.header.last;
    return !found;
  });
  if (!done) return done.error();
  return found ? before : head();
}

JournalUsage MemoryJournal::usage() const {
  const std::lock_guard lock(store_->mutex_);
  JournalUsage usage;
  for (const auto& segment : store_->segments_) {
    SegmentUsage one{segment.first, segment.last(), 0, 0, segment.bytes, false};
    if (!segment.batches.empty()) {
      one.oldest = detail::first_time(segment.batches.front().batch.view());
      one.newest = detail::newest_time(segment.batches.back().batch.view());
    }
    usage.segments.push_back(one);
  }
  if (!usage.segments.empty()) usage.segments.back().active = true;
  return usage;
}

Result<std::size_t> MemoryJournal::drop_through(Seq seq) {
  MemoryStore& disk = *store_;
  const std::lock_guard lock(disk.mutex_);
  if (!open_) return closed_error();
  std::size_t dropped = 0;
  while (disk.segments_.size() > 1 && disk.segments_.front().last() <= seq) {
    disk.dropped_ = std::max(disk.dropped_, disk.segments_.front().last());
    disk.segments_.pop_front();
    ++dropped;
  }
  return dropped;
}

}  // namespace mesh
