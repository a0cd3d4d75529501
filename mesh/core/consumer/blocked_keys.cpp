#include <algorithm>

#include <mesh/core/consumer/blocked_keys.hpp>

namespace mesh::core {

void BlockedKeys::block(KeyId key) {
  if (keys_.emplace(key, Blocked{}).second) changes_.push_back({key, true, 0});
}

void BlockedKeys::begin(std::span<const KeyId> keys) {
  // Dropping the old assignment's deliveries has made the dispatcher forget its keys.
  keys_.clear();
  asked_.clear();
  changes_.clear();
  add(keys);
}

void BlockedKeys::gain(SlotMask slots, std::span<const KeyId> keys) {
  forget(slots);
  for (const KeyId key : keys) {
    if ((slots >> key % slot_count & 1) != 0) block(key);
  }
}

void BlockedKeys::add(std::span<const KeyId> keys) {
  for (const KeyId key : keys) block(key);
}

void BlockedKeys::forget(SlotMask slots) {
  std::erase_if(keys_, [&](const auto& blocked) {
    if ((slots >> blocked.first % slot_count & 1) == 0) return false;
    changes_.push_back({blocked.first, false, ~std::uint64_t{0}});
    return true;
  });
}

void BlockedKeys::blocked(KeyId key, std::uint64_t turn) {
  keys_[key].turn = turn;
}

void BlockedKeys::asked(KeyId key) {
  if (key != 0) ++asked_[key];
}

void BlockedKeys::answered(KeyId key, std::uint64_t carrier) {
  const auto found = asked_.find(key);
  if (found != asked_.end() && --found->second == 0) asked_.erase(found);
  if (const auto blocked = keys_.find(key); blocked != keys_.end()) blocked->second.carrier = carrier;
}

void BlockedKeys::free(KeyId key, std::uint64_t through) {
  const auto found = keys_.find(key);
  if (found == keys_.end() || asked_.contains(key) || through < found->second.carrier) return;
  changes_.push_back({key, false, found->second.turn});
  keys_.erase(found);
}

}  // namespace mesh::core
