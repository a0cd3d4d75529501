// Who has which slots of a group, and what is to change so that all have an even share with as few moves as
// possible. A pure value: it decides; giving, asking back and telling is handover.hpp's.
//
//   free --give--> held --ask_back--> held, leaving --release--> free
//
// Only a free slot is given, so a slot has one holder at most. An asked-back slot is never given back to its
// holder before it was released: what the holder has heard stays true.
//
// How many slots move is settled by their number alone. Which ones, and who gets them, by what they bring.
#pragma once

#include <array>
#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::core {

/// How much each slot brings, in a unit that does not matter; all zero: nothing is known of it. Their sum is
/// below 2^40.
using SlotLoads = std::array<std::uint64_t, slot_count>;

class Assignment {
 public:
  struct Member {
    SessionId session = 0;
    SlotMask slots = 0;     ///< held
    SlotMask leaving = 0;   ///< of them: asked back
    SlotMask promised = 0;  ///< of others, who were asked for them so that this one gets them
  };

  /// What bounds the plan.
  struct Terms {
    bool paused = false;   ///< all are asked back, and none is given
    SlotMask closed = 0;   ///< given to nobody now
    SlotMask apart = 0;    ///< given to `keeper` only, who gets no others and first has to be rid of his
    SessionId keeper = 0;  ///< a member; 0: nobody gets the slots that are apart
    bool hurry = false;    ///< the keeper need not be rid of his first
    SlotLoads load{};
    bool exchange = false;  ///< when nothing else is to be done, two may exchange slots to even out the load
  };

  struct Change {
    SessionId session = 0;
    SlotMask give = 0;
    SlotMask ask_back = 0;
    SlotMask promise = 0;  ///< of what others are asked back
    bool operator==(const Change&) const = default;
  };

  /// In the order in which they came.
  const std::vector<Member>& members() const { return members_; }

  bool empty() const { return members_.empty(); }

  /// Nothing for a session that is no member.
  Member member(SessionId session) const;
  /// The session that holds the slot; 0: it is free.
  SessionId holder(Slot slot) const;
  SlotMask held() const;

  void join(SessionId session) { members_.push_back({session, 0, 0, 0}); }

  /// The newcomer takes an earlier session's place, slots included.
  void replace(SessionId old, SessionId session);
  /// Its slots become free; returns them.
  SlotMask leave(SessionId session);

  /// They are free now.
  void give(SessionId session, SlotMask slots);
  void ask_back(SessionId session, SlotMask slots);
  /// They are to be this member's when they are free, if it has room for them then.
  void promise(SessionId session, SlotMask slots);
  /// Returns those that became free.
  SlotMask release(SessionId session, SlotMask slots);

  /// What is to be done now; nothing when all is as even as the terms allow. When it is done and what was
  /// asked back is released, the shares differ by one slot at most. Who has much keeps as much as an even
  /// share allows, so no other division is reached with fewer moves.
  std::vector<Change> plan(const Terms& terms) const;

 private:
  Member* find(SessionId session);
  void share(const Terms& terms, std::vector<Change>& changes) const;
  void exchange(const SlotLoads& load, std::vector<Change>& changes) const;
  std::vector<Member> members_;
};

/// The lowest `count` slots of a set.
SlotMask lowest_slots(SlotMask slots, int count);

}  // namespace mesh::core
