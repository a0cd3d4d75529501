#include <algorithm>

#include <mesh/core/consumer/verdict_book.hpp>

namespace mesh::core {

void VerdictBook::add(Verdict verdict, SlotMask settles, bool redelivered) {
  if (verdict.text.size() > attempt_text_max) {
    std::size_t end = attempt_text_max;
    while (end > 0 && (static_cast<unsigned char>(verdict.text[end]) & 0xc0) == 0x80)
      --end;  // whole characters
    verdict.text.resize(end);
  }
  entries_.push_back({std::move(verdict), settles, redelivered, 0});
}

std::vector<Verdict> VerdictBook::carry(std::uint64_t id, std::size_t count_max) {
  const auto count = std::min(entries_.size(), count_max);
  std::vector<Verdict> verdicts;
  verdicts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (entries_[i].carrier == 0) entries_[i].carrier = id;
    verdicts.push_back(entries_[i].verdict);
  }
  carried_ = std::max(carried_, count);
  return verdicts;
}

SlotMask VerdictBook::slots() const {
  SlotMask slots = 0;
  for (const auto& entry : entries_) slots |= SlotMask{1} << (entry.verdict.slot % slot_count);
  return slots;
}

void VerdictBook::clear() {
  entries_.clear();
  carried_ = 0;
}

}  // namespace mesh::core
