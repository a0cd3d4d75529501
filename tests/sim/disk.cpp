#include "disk.hpp"

namespace sim {

namespace {

mesh::Error no_room() {
  return mesh::fail(mesh::Errc::disk_full, "the simulated disk is full");
}

}  // namespace

mesh::Result<void> WatchedJournal::append(std::span<const mesh::Batch> batches) {
  crash_point_();
  if (full_ || world_.rng.chance(scenario_.disk.append_fails)) return no_room();
  if (scenario_.plant == Plant::send_before_commit) {
    unwritten_.insert(unwritten_.end(), batches.begin(), batches.end());
    crash_point_();
    return {};
  }
  if (auto done = journal_->append(batches); !done) return done;
  checker_.committed(publisher_, batches);
  world_.trace.line("disk", "committed",
                    {{"publisher", publisher_},
                     {"first", batches.front().header.first},
                     {"last", batches.back().header.last}});
  crash_point_();
  return {};
}

void WatchedJournal::write_back() {
  if (unwritten_.empty()) return;
  if (journal_->append(unwritten_)) checker_.committed(publisher_, unwritten_);
  unwritten_.clear();
}

mesh::Result<void> WatchedJournal::write_state(std::span<const mesh::StateWrite> writes) {
  crash_point_();
  if (full_ || world_.rng.chance(scenario_.disk.state_fails)) return no_room();
  std::vector<mesh::StateWrite> kept(writes.begin(), writes.end());
  if (scenario_.plant == Plant::attempt_not_persisted) {
    // What an event has suffered is kept in memory alone: only its first entry reaches the disk.
    std::erase_if(kept, [&](const mesh::StateWrite& write) {
      if (write.table != mesh::Table::retries || !write.value) return false;
      const auto present = journal_->read_state(write.table, write.key);
      return present && present->has_value();
    });
    if (kept.empty()) return {};
  }
  if (auto done = journal_->write_state(kept); !done) return done;
  checker_.state_written(publisher_, kept);
  world_.trace.line("disk", "state", {{"publisher", publisher_}, {"writes", kept.size()}});
  crash_point_();
  return {};
}

mesh::Result<std::size_t> WatchedJournal::drop_through(mesh::Seq seq) {
  auto done = journal_->drop_through(seq);
  if (done && *done > 0) {
    world_.trace.line("disk", "dropped",
                      {{"publisher", publisher_}, {"through", journal_->dropped_through()}});
    checker_.dropped(publisher_, journal_->dropped_through());
  }
  return done;
}

}  // namespace sim
