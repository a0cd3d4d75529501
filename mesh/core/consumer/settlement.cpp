#include <algorithm>

#include <mesh/core/consumer/settlement.hpp>

namespace mesh::core {

void Settlement::begin(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head) {
  slots_ = 0;
  settled_ = Ledger();
  given_.clear();
  given_through_ = 0;
  learn(slots, position, std::move(ledgers), head);
  dirty_ = false;
  events_ = 0;
  bytes_ = 0;
}

void Settlement::gain(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head) {
  for (auto& ledger : given_) ledger.slots &= ~slots;
  std::erase_if(given_, [](const SlotLedger& ledger) { return ledger.slots == 0; });
  learn(slots, position, std::move(ledgers), head);
}

void Settlement::learn(SlotMask slots, Seq position, std::vector<SlotLedger> ledgers, Seq head) {
  slots_ |= slots;
  settled_.reset(slots, position);
  given_through_ = std::max(given_through_, head);
  for (auto& ledger : ledgers) {
    ledger.slots &= slots;
    if (ledger.slots == 0) continue;
    settled_.settle(ledger.slots, ledger.floor, ledger.above);
    given_through_ = std::max(given_through_, ledger.floor);
    if (!ledger.above.empty()) given_through_ = std::max(given_through_, ledger.above.back().last);
    given_.push_back(std::move(ledger));
  }
}

bool Settlement::given_settled(Slot slot, Seq seq) const {
  if (seq > given_through_) return false;
  const auto bit = SlotMask{1} << (slot % slot_count);
  for (const auto& ledger : given_) {
    if (!(ledger.slots & bit)) continue;
    if (seq <= ledger.floor) return true;
    const auto after = std::upper_bound(ledger.above.begin(), ledger.above.end(), seq,
                                        [](Seq s, const SeqRange& range) { return s < range.first; });
    if (after != ledger.above.begin() && (after - 1)->contains(seq)) return true;
  }
  return false;
}

void Settlement::add(SlotMask slots, SeqRange range) {
  if (settled_.settle(slots & slots_, range)) dirty_ = true;
}

std::vector<SlotLedger> Settlement::ledgers(SlotMask slots, std::size_t limit) const {
  auto out = settled_.view(slots & slots_);
  if (out.empty()) return out;
  const auto each = std::max<std::size_t>(1, limit / out.size());
  for (auto& ledger : out) ledger.above.resize(std::min(ledger.above.size(), each));
  return out;
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
