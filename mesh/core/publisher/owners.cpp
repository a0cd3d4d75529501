#include <algorithm>

#include <mesh/core/publisher/owners.hpp>

namespace mesh::core {

SlotMask Owners::slots() const {
  SlotMask all = 0;
  for (const Owner& owner : entries_) all |= owner.slots;
  return all;
}

SlotMask Owners::slots(const std::string& member, const Instance& instance) const {
  return slots(member, instance, ~Epoch{0});
}

SlotMask Owners::slots(const std::string& member, const Instance& instance, Epoch epoch) const {
  SlotMask all = 0;
  for (const Owner& owner : entries_) {
    if (owner.is(member, instance) && owner.epoch <= epoch) all |= owner.slots;
  }
  return all;
}

SlotMask Owners::slots_of_others(const std::string& member, const Instance& instance) const {
  SlotMask all = 0;
  for (const Owner& owner : entries_) {
    if (owner.member == member && owner.instance != instance) all |= owner.slots;
  }
  return all;
}

Epoch Owners::newest(const std::string& member, const Instance& instance) const {
  Epoch epoch = 0;
  for (const Owner& owner : entries_) {
    if (owner.is(member, instance)) epoch = std::max(epoch, owner.epoch);
  }
  return epoch;
}

std::string Owners::name(SlotMask slot) const {
  for (const Owner& owner : entries_) {
    if ((owner.slots & slot) != 0) return owner.member;
  }
  return {};
}

void Owners::give(Owner owner) {
  take(owner.slots);
  if (owner.slots == 0) return;
  for (Owner& one : entries_) {
    if (one.epoch == owner.epoch && one.is(owner.member, owner.instance)) {
      one.slots |= owner.slots;
      return;
    }
  }
  entries_.push_back(std::move(owner));
}

void Owners::take(SlotMask slots) {
  for (Owner& owner : entries_) owner.slots &= ~slots;
  std::erase_if(entries_, [](const Owner& owner) { return owner.slots == 0; });
}

}  // namespace mesh::core
