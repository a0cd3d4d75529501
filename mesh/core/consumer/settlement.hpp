// What a member has settled of its assignment, and how much it still has in hand.
//
// Receiving tells what is not there: of a received range (p, q] with the events e1 < ... < en, (p, e1) is
// settled at once, and settling ei settles [ei, e(i+1)), the last one up to q. So a run of acknowledged
// events is one range, whatever lies between them.
#pragma once

#include <mesh/model/messages.hpp>
#include <mesh/model/range_set.hpp>

namespace mesh::core {

class Settlement {
 public:
  /// A new assignment: everything up to `position` is settled, besides what its ledgers say.
  void begin(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head);
  /// True for an event that the assignment gave as settled, or of a slot that is not in it.
  bool foreign(Slot slot, Seq seq) const;

  void add(SeqRange range);

  const RangeSet& ranges() const { return settled_; }

  /// For Ack, Detach and Resume: at most `ranges_max` ranges, the lowest.
  SlotLedger ledger(std::size_t ranges_max) const;

  /// Something was added since the last ledger() that was sent.
  bool dirty() const { return dirty_; }

  void reported() { dirty_ = false; }

  void take(std::size_t events, std::size_t bytes);
  void release(std::size_t events, std::size_t bytes);

  std::size_t events_in_hand() const { return events_; }

  std::size_t bytes_in_hand() const { return bytes_; }

 private:
  SlotMask slots_ = 0;
  RangeSet settled_;
  std::vector<SlotLedger> given_;
  Seq given_through_ = 0;  ///< the given ledgers say nothing above this
  bool dirty_ = false;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mesh::core
