// What is settled, per slot: of a group at its publisher, of an assignment at its member. Slots with the same
// content share one RangeSet, so that a group whose slots all move together (one member) pays for one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <mesh/model/messages.hpp>
#include <mesh/model/range_set.hpp>

namespace mesh {

class Ledger {
 public:
  struct Part {
    SlotMask slots = all_slots;
    RangeSet set;
    bool operator==(const Part&) const = default;
  };

  /// More ranges above the floor than this are not taken by settle(): settled less is safe.
  static constexpr std::size_t ranges_max = 65'536;

  explicit Ledger(Seq floor = 0) : parts_{Part{all_slots, RangeSet(floor)}} {}

  /// Adds what a member reports for these slots. True if anything changed.
  bool settle(SlotMask slots, Seq floor, std::span<const SeqRange> above);
  /// Adds one range for these slots.
  bool settle(SlotMask slots, SeqRange range);
  /// These slots begin anew: everything up to floor is settled, and nothing above.
  void reset(SlotMask slots, Seq floor);
  /// Settles one event. An event has one slot only, so settling its seq in all slots says the same.
  bool settle(Seq seq);
  /// What is settled above the floors is so no longer.
  bool forget_above();
  /// Raises every slot's floor to at least this.
  bool raise(Seq floor);

  /// The lowest floor of all slots, or of some of them.
  Seq floor() const { return floor(all_slots); }

  Seq floor(SlotMask slots) const;
  /// Settled in every slot.
  bool contains(Seq seq) const;
  /// The lowest seq <= last that is not settled in some slot; 0: all are.
  Seq first_missing(Seq last) const;

  /// Seqs of (0, last] that are not settled in some slot; an upper bound when slots differ.
  std::uint64_t missing_through(Seq last) const { return missing_through(last, all_slots); }

  /// The same of these slots only.
  std::uint64_t missing_through(Seq last, SlotMask slots) const;

  /// The highest floor of some slots.
  Seq highest_floor(SlotMask slots) const;

  bool operator==(const Ledger&) const = default;

  const std::vector<Part>& parts() const { return parts_; }

  /// The parts of these slots, as they travel.
  std::vector<SlotLedger> view(SlotMask slots) const;

 private:
  void split(SlotMask slots);
  void join();
  std::vector<Part> parts_;  // disjoint masks that cover all slots, in order of their lowest slot
};

}  // namespace mesh
