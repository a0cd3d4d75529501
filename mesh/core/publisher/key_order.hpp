// Order::key on the publisher's side: an event that failed, or came after one that did, stands in the line of
// its key (RetryStore) and is handed out when it is the first. The members hold back what comes of a blocked
// key and tell it as `behind`; here is what they are told of that.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

/// The group's policy has changed, or its events were restored.
void apply_order(Group& group);

/// Keys of these slots of which an event waits; none without Order::key.
std::vector<KeyId> blocked_keys(const Group& group, SlotMask slots);

/// An event of this key would need a line, and there are as many as members can be told of.
bool crowded(const Group& group, KeyId key);

/// Tells the slots' holders which keys are free again.
void tell_unblocked(Desk& desk, Group& group);

/// OnPark::park_key: an earlier event of its key is parked.
bool is_behind_parked(const Group& group, Seq seq, KeyId key);
/// The event was parked, so it keeps its place in the line, and what waits behind it is to be
/// parked too.
void keep_parked_in_line(Desk& desk, Group& group, KeyId key, Seq seq, Now now);
/// The same for one event that has just come to wait behind a parked one; otherwise nothing.
void park_if_behind_parked(Desk& desk, Group& group, Seq seq, RetryEntry& entry, Now now);
/// A parked event is none any more; where it was redriven, its entry has its place in the line.
void parked_no_more(Desk& desk, Group& group, KeyId key, Seq seq);

}  // namespace mesh::core
