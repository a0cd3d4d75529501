// What a member has settled of its slots, and how much it still has in hand.
//
// Receiving tells what is not there: of a range (p, q] that was received for some slots, with the events e1 <
// ... < en, (p, e1) is settled at once, and settling ei settles [ei, e(i+1)), the last one up to q, all for
// those slots. So a run of acknowledged events is one range, whatever lies between them.
#pragma once

#include <mesh/model/ledger.hpp>

namespace mesh::core {

class Settlement {
 public:
  /// A new assignment: for these slots everything up to `position` is settled, besides what its ledgers say.
  void begin(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head);
  /// Further slots, in the same way; what was known of them is forgotten.
  void gain(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head);

  /// Nothing is reported of these slots any more.
  void lose(SlotMask slots) { slots_ &= ~slots; }

  /// True for an event that the assignment gave as settled.
  bool given_settled(Slot slot, Seq seq) const;

  void add(SlotMask slots, SeqRange range);

  /// For Ack, Detach, Release and Resume, of these slots: at most `ranges_max` ranges, the lowest.
  std::vector<SlotLedger> ledgers(SlotMask slots, std::size_t ranges_max) const;

  /// Something was added since the last report.
  bool dirty() const { return dirty_; }

  void reported() { dirty_ = false; }

  void take(std::size_t events, std::size_t bytes);
  void release(std::size_t events, std::size_t bytes);

  std::size_t events_in_hand() const { return events_; }

  std::size_t bytes_in_hand() const { return bytes_; }

 private:
  void learn(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head);

  SlotMask slots_ = 0;
  Ledger settled_;
  std::vector<SlotLedger> given_;
  Seq given_through_ = 0;  ///< the given ledgers say nothing above this
  bool dirty_ = false;
  std::size_t events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mesh::core
