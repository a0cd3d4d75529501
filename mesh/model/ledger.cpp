#include <algorithm>
#include <bit>

#include <mesh/model/ledger.hpp>

namespace mesh {

void Ledger::split(SlotMask slots) {
  const std::size_t count = parts_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const SlotMask inside = parts_[i].slots & slots;
    if (inside == 0 || inside == parts_[i].slots) continue;
    parts_.push_back(Part{parts_[i].slots & ~slots, parts_[i].set});
    parts_[i].slots = inside;
  }
}

void Ledger::join() {
  if (parts_.size() == 1) return;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (std::size_t j = i + 1; j < parts_.size();) {
      if (parts_[i].set == parts_[j].set) {
        parts_[i].slots |= parts_[j].slots;
        parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(j));
      } else {
        ++j;
      }
    }
  }
  std::sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) {
    return std::countr_zero(a.slots) < std::countr_zero(b.slots);
  });
}

bool Ledger::settle(SlotMask slots, Seq floor, std::span<const SeqRange> above) {
  if (slots == 0) return false;
  split(slots);
  bool changed = false;
  for (Part& part : parts_) {
    if ((part.slots & slots) == 0) continue;
    changed = part.set.raise_floor(floor) || changed;
    for (const SeqRange& range : above) {
      if (part.set.above().size() >= ranges_max) break;
      changed = part.set.add(range) || changed;
    }
  }
  join();
  return changed;
}

bool Ledger::settle(SlotMask slots, SeqRange range) {
  if (slots == 0 || range.empty()) return false;
  split(slots);
  bool changed = false;
  for (Part& part : parts_) {
    if ((part.slots & slots) == 0 || part.set.above().size() >= ranges_max) continue;
    changed = part.set.add(range) || changed;
  }
  join();
  return changed;
}

void Ledger::reset(SlotMask slots, Seq floor) {
  if (slots == 0) return;
  split(slots);
  for (Part& part : parts_) {
    if ((part.slots & slots) != 0) part.set = RangeSet(floor);
  }
  join();
}

bool Ledger::settle(Seq seq) {
  bool changed = false;
  for (Part& part : parts_) changed = part.set.add(seq) || changed;
  return changed;
}

bool Ledger::forget_above() {
  bool changed = false;
  for (Part& part : parts_) {
    changed = changed || !part.set.above().empty();
    part.set = RangeSet(part.set.floor());
  }
  if (changed) join();
  return changed;
}

bool Ledger::raise(Seq floor) {
  bool changed = false;
  for (Part& part : parts_) changed = part.set.raise_floor(floor) || changed;
  if (changed) join();
  return changed;
}

Seq Ledger::floor(SlotMask slots) const {
  Seq lowest = ~Seq{0};
  for (const Part& part : parts_) {
    if ((part.slots & slots) != 0) lowest = std::min(lowest, part.set.floor());
  }
  return lowest == ~Seq{0} ? 0 : lowest;
}

Seq Ledger::highest_floor(SlotMask slots) const {
  Seq highest = 0;
  for (const Part& part : parts_) {
    if ((part.slots & slots) != 0) highest = std::max(highest, part.set.floor());
  }
  return highest;
}

bool Ledger::contains(Seq seq) const {
  return std::all_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.set.contains(seq); });
}

Seq Ledger::first_missing(Seq last) const {
  const Seq first = floor() + 1;
  return first <= last ? first : 0;
}

std::uint64_t Ledger::missing_through(Seq last, SlotMask slots) const {
  if (slots == 0) return 0;
  const Seq low = floor(slots);
  if (low >= last) return 0;
  std::uint64_t sum = 0;
  for (const Part& part : parts_) {
    if ((part.slots & slots) == 0) continue;
    sum += part.set.missing_through(last);
    if (sum >= last - low) return last - low;
  }
  return sum;
}

std::vector<SlotLedger> Ledger::view(SlotMask slots) const {
  std::vector<SlotLedger> out;
  for (const Part& part : parts_) {
    if ((part.slots & slots) == 0) continue;
    out.push_back(SlotLedger{part.slots & slots, part.set.floor(), part.set.above()});
  }
  return out;
}

}  // namespace mesh
