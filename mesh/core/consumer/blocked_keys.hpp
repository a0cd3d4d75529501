// Order::key on the member's side: keys of which the publisher keeps an event that failed, or came after one
// that did. What comes of them by fetch or live is not handled but told as `behind`, and comes again, in
// order, out of the retry store.
//
// The dispatcher blocks a key by itself, at the moment a handler fails; it stamps what it tells of that with
// a turn, which grows. A key is free again only when the publisher says so, knowing all its verdicts, and the
// dispatcher has not blocked it anew meanwhile (it compares the turns).
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>

namespace mesh::core {

class BlockedKeys {
 public:
  /// A new assignment: these are blocked, and no others.
  void begin(std::span<const KeyId> keys);
  /// The same for these slots only.
  void gain(SlotMask slots, std::span<const KeyId> keys);
  /// These are too.
  void add(std::span<const KeyId> keys);
  /// These slots are another's business.
  void forget(SlotMask slots);

  /// The dispatcher has blocked it.
  void blocked(KeyId key, std::uint64_t turn);
  /// A verdict on an event of the key waits for its answer, or has got it; `carrier`: the Ack that brought it
  /// first.
  void asked(KeyId key);
  void answered(KeyId key, std::uint64_t carrier);
  /// The publisher said that nothing of it waits, when it had taken Acks up to `through`.
  void free(KeyId key, std::uint64_t through);

  /// What the dispatcher is to be told, in order.
  std::vector<KeyChange> take_changes() { return std::exchange(changes_, {}); }

 private:
  void block(KeyId key);

  struct Blocked {
    std::uint64_t turn = 0;     ///< 0: only the publisher has said so
    std::uint64_t carrier = 0;  ///< of its newest answered verdict
  };

  std::map<KeyId, Blocked> keys_;
  std::map<KeyId, std::size_t> asked_;
  std::vector<KeyChange> changes_;
};

}  // namespace mesh::core
