// An event on its way to a handler.
#pragma once

#include <cstdint>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/model/batch_ref.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::core {

/// Which publisher of a consumer: index of its link.
using LinkId = std::uint32_t;

struct Delivery {
  EventView event;  ///< points into the batch
  BatchRef batch;   ///< keeps it alive
  LinkId link = 0;
  std::uint32_t generation = 0;  ///< of the link's assignment; a completion of an older one is dropped
  std::uint32_t attempt = 1;
  std::uint32_t redrives = 0;
  bool redelivered = false;  ///< may have been delivered before without being counted
  bool counted = false;      ///< a redelivery out of the retry store: settled by a verdict, not by range
  Seq covers_to = 0;         ///< settling this event settles [seq, covers_to]: what follows it until the next
  SlotMask slots = all_slots;  ///< ... of these slots
};

/// Forgets deliveries that are done with; their batches are let go with one count each.
inline void let_go(std::vector<Delivery>& deliveries) {
  {
    BatchRelease release;
    for (auto& delivery : deliveries) release.add(delivery.batch);
  }
  deliveries.clear();
}

/// What became of a delivery.
struct Completion {
  enum class Kind : std::uint8_t {
    ack,
    retry,
    park,
    behind,  ///< not handled: its key is blocked, see blocked_keys.hpp, or its handler has put it back
  };
  LinkId link = 0;
  std::uint32_t generation = 0;
  Seq seq = 0;
  Seq covers_to = 0;
  SlotMask slots =
      all_slots;  ///< as of the delivery; of `dropped`: none, unless it was drained; of `drained`: which
  Slot slot = 0;  ///< the event's
  KeyId key = 0;  ///< the event's, with Order::key; of what was acked or dropped perhaps 0
  std::uint64_t turn = 0;  ///< its key was blocked by this; 0: it was not
  std::uint32_t attempt = 1;
  std::uint32_t redrives = 0;
  bool counted = false;
  bool late = false;  ///< the handler had run past ack_wait, which was already reported as a failed attempt
  Kind kind = Kind::ack;
  Reason reason = Reason::handler_rejected;
  std::string text;
  std::optional<Duration> delay;
  Duration took{0};
  std::uint32_t events = 1;  ///< how many deliveries this is the outcome of (consecutive acks are merged)
  std::size_t bytes = 0;     ///< their records' bytes
  bool dropped = false;      ///< they were dropped before they started: nothing is settled, only let go
  bool drained = false;      ///< no outcome, but news: nothing of `slots` is queued or running any more
};

/// A key that the dispatcher shall hold back or let through; see blocked_keys.hpp.
struct KeyChange {
  KeyId key = 0;
  bool blocked = false;
  std::uint64_t turn = 0;  ///< to be free: unless it was blocked in a later turn than this
};

/// The outcome, still ack, of this one delivery.
inline Completion completion_of(const Delivery& delivery) {
  Completion completion;
  completion.link = delivery.link;
  completion.generation = delivery.generation;
  completion.seq = delivery.event.seq;
  completion.covers_to = delivery.covers_to;
  completion.slots = delivery.slots;
  completion.slot = delivery.event.slot;
  completion.attempt = delivery.attempt;
  completion.redrives = delivery.redrives;
  completion.counted = delivery.counted;
  completion.bytes = delivery.event.record.size();
  return completion;
}

}  // namespace mesh::core
