// What becomes of an event whose attempt failed: it waits for the next, or is to be parked.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

/// Counts a failed attempt of an entry and decides: retry by the group's policy (or the handler's wish), or
/// park when attempts are used up. The change is committed in this turn.
void fail_attempt(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Attempt attempt,
                  std::optional<Duration> wish, Now now);

/// Counts the attempt, if there was one, and parks the entry for that reason. With a full parking lot it
/// keeps being retried instead.
void park_entry(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Reason reason,
                std::optional<Attempt> attempt, Now now);

/// What is in flight of these slots was in the hands of a member that is gone. An event that was alone in
/// them (`alone`: no other than redeliveries was given out) is charged an attempt (consumer_crash); of
/// several nobody is charged, and each comes again alone, under the same attempt number.
void charge_crash(Desk& desk, Group& group, SlotMask slots, bool alone, Now now);

/// The member that was charged for it has the event, of these slots, in hand after all: the charge is taken
/// back.
void unclaim_crash(Desk& desk, Group& group, SlotMask slots, const HeldEvent& held, Now now);

/// Gives up an entry whose event is not in the journal any more.
void expire_entry(Desk& desk, Group& group, Seq seq, Now now);

}  // namespace mesh::core
