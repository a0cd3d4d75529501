// Finds the event that kills its members. After a member has vanished, what it may have had in hand is a
// suspect, and goes through the retry store in small flights, the attempt journaled before each send, while
// nothing else of its slots is given out, and to a member that has nothing else: at first one at a time, then
// twice as many after each flight that ends well. When the member dies again with several in flight, nobody
// is charged and each of them flies alone next; who is alone in hand is charged. So a killer collects its
// attempts, and its neighbours pay nothing.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Isolating {
 public:
  /// Suspects in one flight, at most. (PublisherSettings::redeliveries_in_flight_max bounds it too.)
  static constexpr std::size_t width_max = 64;
  /// Beyond this many events, what is left is given out as usual: a killer among it is found the next time.
  /// (A member has no more than its window in hand: MemberSettings::window_events.)
  static constexpr std::size_t suspects_max = 65'536;
  /// The same where nobody knows what the member had, because the publisher has restarted since.
  static constexpr std::size_t suspects_unknown_max = 4096;

  explicit Isolating(Desk& desk) : desk_(desk) {}

  /// Takes the next flight out of the journal when the last one is through; ends when all are.
  void pump(Group& group, Now now);
  void on_read(const ReadToIsolate& reason, const ReadResult& result, Now now);

 private:
  void end(Group& group);
  void take(Group& group, const EventView& event, Now now);

  Desk& desk_;
};

/// A member with these slots is gone, with unsettled events up to `through` perhaps in hand. `known`: its
/// session told so. (In failing.hpp's terms: charge first, then isolate.)
void isolate(Desk& desk, Group& group, SlotMask slots, Seq through, bool known);

/// The member with these slots was not gone after all.
void pardon(Desk& desk, Group& group, SlotMask slots);

/// The member that may be sent suspects now: it has all their slots. Nothing: not yet.
const Session* keeper_of(const Desk& desk, const Group& group);

}  // namespace mesh::core
