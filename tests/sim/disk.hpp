// A publisher's disk: the journal in memory, told to crash, to lose power and to fail, and watched by the
// checker. Planted faults of the disk live here too.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <journal/memory/memory_journal.hpp>

#include "checker.hpp"
#include "faults.hpp"
#include "world.hpp"

namespace sim {

/// The process dies here. Thrown through the publisher's turn, caught by its node.
struct CrashNow {};

/// What the publisher sees of the disk during one run.
class WatchedJournal final : public mesh::Journal {
 public:
  WatchedJournal(std::unique_ptr<mesh::MemoryJournal> journal, const Scenario& scenario, World& world,
                 Checker& checker, PublisherIndex publisher, std::function<void()> crash_point)
      : journal_(std::move(journal)),
        scenario_(scenario),
        world_(world),
        checker_(checker),
        publisher_(publisher),
        crash_point_(std::move(crash_point)) {}

  void crash() { journal_->crash(); }

  void full(bool yes) { full_ = yes; }

  /// The planted fault `send_before_commit`: commits reach the disk only now.
  void write_back();

  const mesh::Identity& identity() const override { return journal_->identity(); }

  mesh::Seq head() const override { return journal_->head(); }

  mesh::Seq next_seq() const override { return journal_->next_seq(); }

  mesh::Seq dropped_through() const override { return journal_->dropped_through(); }

  mesh::Result<void> append(std::span<const mesh::Batch> batches) override;
  mesh::Result<void> write_state(std::span<const mesh::StateWrite> writes) override;

  mesh::Result<std::optional<std::string>> read_state(mesh::Table table,
                                                      std::string_view key) const override {
    return journal_->read_state(table, key);
  }

  mesh::Result<void> scan_state(mesh::Table table, std::string_view prefix,
                                const StateVisit& visit) const override {
    return journal_->scan_state(table, prefix, visit);
  }

  mesh::Result<void> read(mesh::Seq after, const BatchVisit& visit) const override {
    return journal_->read(after, visit);
  }

  mesh::Result<mesh::Seq> find_time(mesh::WallTime when) const override { return journal_->find_time(when); }

  mesh::JournalUsage usage() const override { return journal_->usage(); }

  mesh::Result<std::size_t> drop_through(mesh::Seq seq) override;

  mesh::Result<void> close() override { return journal_->close(); }

 private:
  std::unique_ptr<mesh::MemoryJournal> journal_;
  const Scenario& scenario_;
  World& world_;
  Checker& checker_;
  const PublisherIndex publisher_;
  std::function<void()> crash_point_;
  bool full_ = false;
  std::vector<mesh::Batch> unwritten_;
};

}  // namespace sim
