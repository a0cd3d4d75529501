#include <algorithm>

#include <mesh/core/consumer/settlement.hpp>

namespace mesh::core {

void Settlement::begin(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head) {
  slots_ = slots;
  settled_ = RangeSet(position);
  // With one ledger for all slots its ranges are ours; with several, a range may be settled for some slots
  // only.
  if (ledgers.size() == 1 && (ledgers[0].slots & slots) == slots) {
    settled_.raise_floor(ledgers[0].floor);
    for (const auto& range : ledgers[0].above) settled_.add(range);
  }
  given_through_ = head;
  for (const auto& ledger : ledgers) {
    given_through_ = std::max(given_through_, ledger.floor);
    if (!ledger.above.empty()) given_through_ = std::max(given_through_, ledger.above.back().last);
  }
  given_ = std::move(ledgers);
  dirty_ = false;
  events_ = 0;
  bytes_ = 0;
}

bool Settlement::foreign(Slot slot, Seq seq) const {
  const auto bit = SlotMask{1} << (slot % slot_count);
  if (!(slots_ & bit)) return true;
  if (seq > given_through_) return false;
  for (const auto& ledger : given_) {
    if (!(ledger.slots & bit)) continue;
    if (seq <= ledger.floor) return true;
    const auto after = std::upper_bound(ledger.above.begin(), ledger.above.end(), seq,
                                        [](Seq s, const SeqRange& range) { return s < range.first; });
    if (after != ledger.above.begin() && (after - 1)->contains(seq)) return true;
  }
  return false;
}

void Settlement::add(SeqRange range) {
  if (settled_.add(range)) dirty_ = true;
}

SlotLedger Settlement::ledger(std::size_t limit) const {
  const auto& above = settled_.above();
  const auto count = static_cast<std::ptrdiff_t>(std::min(above.size(), limit));
  return {slots_, settled_.floor(), {above.begin(), above.begin() + count}};
}

void Settlement::take(std::size_t events, std::size_t bytes) {
  events_ += events;
  bytes_ += bytes;
}

void Settlement::release(std::size_t events, std::size_t bytes) {
  events_ -= std::min(events, events_);
  bytes_ -= std::min(bytes, bytes_);
  if (events_ == 0) bytes_ = 0;  // whatever a completion left out does not add up over time
}

}  // namespace mesh::core
