// Reading a range of the journal for fetches. Several that go on from about the same place are read for in
// one pass: a batch is verified and decoded once, whoever wants some of it, so that a group's members cost
// about as much together as one.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::core {

/// What is settled, made ready for looking up ascending seqs.
class Settled {
 public:
  /// The ledgers must outlive this.
  explicit Settled(const std::vector<SlotLedger>& ledgers);

  /// Not settled, and of a slot that is wanted.
  bool wants(Slot slot, Seq seq) const;
  /// Nothing of [first, last] is settled or of a slot that is not wanted.
  bool wants_all(Seq first, Seq last) const;

  SlotMask slots() const { return slots_; }

 private:
  static constexpr int everything = -1;
  static constexpr int nothing = -2;
  const std::vector<SlotLedger>& ledgers_;
  std::array<int, slot_count> of_slot_;
  SlotMask slots_;
};

/// What one job takes of the batches that pass by.
class RangeTaker {
 public:
  /// A whole batch travels as it is when it has at least this size; smaller ones are copied together, so that
  /// an answer has few frames.
  static constexpr std::size_t whole_batch_min = 64 * 1024;

  RangeTaker(const Origin& origin, const ReadJob& job);

  bool ended() const { return ended_; }

  SlotMask slots() const { return settled_.slots(); }

  /// It wants to look at the events of this batch, which is the next. `copy`: the batch, once somebody has
  /// taken it as it is.
  bool look(const BatchView& batch, std::optional<Batch>& copy);
  /// The events of that batch; other slots' may be missing.
  void take(const BatchView& batch, const std::vector<EventView>& events);
  void fail(const Error& error);
  /// There is nothing more in the journal.
  ReadResult finish();

 private:
  bool full() const { return result_.batches.size() + (builder_.empty() ? 0 : 1) >= range_batches_max; }

  bool whole(const BatchView& batch) const;
  bool add(const EventView& event);
  void flush();

  const ReadJob& job_;
  ReadResult result_;
  std::vector<std::string> prefixes_;
  Settled settled_;
  BatchBuilder builder_;
  std::size_t found_ = 0;
  bool ended_ = false;
};

}  // namespace mesh::core
