#include <algorithm>
#include <bit>
#include <cstdlib>
#include <limits>

#include <mesh/core/publisher/assignment.hpp>

namespace mesh::core {
namespace {

/// What a slot brings, times the number of members: so the even part of one is the plain sum of all, and
/// nothing is ever rounded.
class Weights {
 public:
  Weights(const SlotLoads& load, std::size_t members) : load_(load), members_(members) {}

  std::int64_t of(Slot slot) const { return static_cast<std::int64_t>(load_[slot] * members_); }

  std::int64_t sum(SlotMask slots) const {
    std::int64_t out = 0;
    for (; slots != 0; slots &= slots - 1) out += of(first(slots));
    return out;
  }

  /// The even part of one member.
  std::int64_t part(SlotMask slots) const { return sum(slots) / static_cast<std::int64_t>(members_); }

  static Slot first(SlotMask slots) { return static_cast<Slot>(std::countr_zero(slots)); }

 private:
  const SlotLoads& load_;
  std::size_t members_;
};

/// So many of the slots that bring together, as near as it goes, what is too much. The highest when it does
/// not matter, so that it is the same in every run.
SlotMask surplus(SlotMask slots, int many, std::int64_t too_much, const Weights& weights) {
  SlotMask out = 0;
  for (; many > 0; --many) {
    Slot best = 0;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (SlotMask left = slots & ~out; left != 0; left &= left - 1) {
      const Slot slot = Weights::first(left);
      const std::int64_t miss = std::abs(weights.of(slot) * many - too_much);
      if (miss > least) continue;
      best = slot;
      least = miss;
    }
    out |= SlotMask{1} << best;
    too_much -= weights.of(best);
  }
  return out;
}

}  // namespace

SlotMask lowest_slots(SlotMask slots, int count) {
  SlotMask out = 0;
  for (; count > 0 && slots != 0; --count) {
    const SlotMask lowest = slots & (~slots + 1);
    out |= lowest;
    slots &= ~lowest;
  }
  return out;
}

Assignment::Member* Assignment::find(SessionId session) {
  const auto it = std::find_if(members_.begin(), members_.end(),
                               [&](const Member& member) { return member.session == session; });
  return it == members_.end() ? nullptr : &*it;
}

Assignment::Member Assignment::member(SessionId session) const {
  for (const Member& member : members_) {
    if (member.session == session) return member;
  }
  return {};
}

SessionId Assignment::holder(Slot slot) const {
  for (const Member& member : members_) {
    if ((member.slots >> slot & 1) != 0) return member.session;
  }
  return 0;
}

SlotMask Assignment::held() const {
  SlotMask all = 0;
  for (const Member& member : members_) all |= member.slots;
  return all;
}

void Assignment::replace(SessionId old, SessionId session) {
  if (Member* member = find(old)) member->session = session;
}

SlotMask Assignment::leave(SessionId session) {
  const SlotMask slots = member(session).slots;
  std::erase_if(members_, [&](const Member& member) { return member.session == session; });
  return slots;
}

void Assignment::give(SessionId session, SlotMask slots) {
  if (Member* member = find(session)) member->slots |= slots & ~held();
  for (Member& member : members_) member.promised &= ~slots;
}

void Assignment::ask_back(SessionId session, SlotMask slots) {
  if (Member* member = find(session)) member->leaving |= slots & member->slots;
}

SlotMask Assignment::release(SessionId session, SlotMask slots) {
  Member* member = find(session);
  if (member == nullptr) return 0;
  slots &= member->slots;
  member->slots &= ~slots;
  member->leaving &= ~slots;
  return slots;
}

void Assignment::promise(SessionId session, SlotMask slots) {
  if (Member* member = find(session)) member->promised |= slots & ~member->slots;
}

std::vector<Assignment::Change> Assignment::plan(const Terms& terms) const {
  std::vector<Change> changes;
  for (const Member& member : members_) {
    changes.push_back({member.session, 0, terms.paused ? member.slots & ~member.leaving : 0, 0});
  }
  if (terms.paused) {
    std::erase_if(changes, [](const Change& change) { return change.ask_back == 0; });
    return changes;
  }
  share(terms, changes);
  for (std::size_t i = 0; i < members_.size() && terms.apart != 0; ++i) {
    const Member& member = members_[i];
    if (member.session != terms.keeper) {
      if (terms.keeper != 0) changes[i].ask_back |= member.slots & terms.apart & ~member.leaving;
      continue;
    }
    changes[i].ask_back |= member.slots & ~terms.apart & ~member.leaving;
    const bool rid = (member.slots & ~terms.apart) == 0;
    if (rid || terms.hurry) changes[i].give |= terms.apart & ~terms.closed & ~held();
  }
  std::erase_if(changes, [](const Change& change) { return change.give == 0 && change.ask_back == 0; });
  if (changes.empty() && terms.exchange && terms.apart == 0) exchange(terms.load, changes);
  return changes;
}

void Assignment::share(const Terms& terms, std::vector<Change>& changes) const {
  struct Share {
    std::size_t index = 0;
    SlotMask kept = 0;
    int room = 0;           ///< up to its part; negative: so many too many
    std::int64_t wish = 0;  ///< what it lacks of the load
  };

  const SlotMask ordinary = ~terms.closed & ~terms.apart;
  std::vector<Share> shares;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (terms.apart != 0 && terms.keeper != 0 && members_[i].session == terms.keeper) continue;
    shares.push_back({i, members_[i].slots & ~members_[i].leaving & ordinary, 0, 0});
  }
  if (shares.empty()) return;
  std::stable_sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
    return std::popcount(a.kept) > std::popcount(b.kept);
  });
  const Weights weights(terms.load, shares.size());
  const int all = std::popcount(ordinary);
  const int count = static_cast<int>(shares.size());
  SlotMask coming = ordinary;  // free, or they will be
  for (int rank = 0; rank < count; ++rank) {
    Share& share = shares[static_cast<std::size_t>(rank)];
    const int part = all / count + (rank < all % count ? 1 : 0);
    share.room = part - std::popcount(share.kept);
    share.wish = weights.part(ordinary) - weights.sum(share.kept);
    SlotMask asked = 0;
    if (share.room < 0) asked = surplus(share.kept, -share.room, -share.wish, weights);
    changes[share.index].ask_back |= asked;
    coming &= ~(share.kept & ~asked);
  }
  // Those that are held as yet are planned for, too: else the last one to come would be nobody's choice.
  const SlotMask free = coming & ~held();
  const auto give = [&](Share& share, SlotMask slots) {
    changes[share.index].give |= slots & free;
    share.room -= std::popcount(slots);
    share.wish -= weights.sum(slots);
    coming &= ~slots;
  };
  for (Share& share : shares) give(share, lowest_slots(coming & members_[share.index].promised, share.room));
  // The heaviest first: the light ones even out what it leaves.
  while (coming != 0) {
    Share* neediest = nullptr;
    for (Share& share : shares) {
      if (share.room <= 0) continue;
      if (neediest != nullptr) {
        const std::int64_t mine = share.wish * neediest->room, other = neediest->wish * share.room;
        if (mine < other || (mine == other && share.room <= neediest->room)) continue;
      }
      neediest = &share;
    }
    if (neediest == nullptr) break;
    Slot heaviest = Weights::first(coming);
    for (SlotMask left = coming; left != 0; left &= left - 1) {
      if (weights.of(Weights::first(left)) > weights.of(heaviest)) heaviest = Weights::first(left);
    }
    give(*neediest, SlotMask{1} << heaviest);
  }
}

// One slot of the member with the most to do for one of another, if that lowers the most by a good part. What
// is only chance in the counts (three times the root of one is hardly ever) moves nothing.
void Assignment::exchange(const SlotLoads& load, std::vector<Change>& changes) const {
  if (members_.empty() || held() != all_slots) return;
  for (const Member& member : members_) {
    if (member.leaving != 0 || member.promised != 0) return;
  }
  const Weights weights(load, members_.size());
  const auto most = std::max_element(members_.begin(), members_.end(), [&](const Member& a, const Member& b) {
    return weights.sum(a.slots) < weights.sum(b.slots);
  });
  const std::int64_t heaviest = weights.sum(most->slots), part = weights.part(all_slots);
  const auto count = static_cast<std::int64_t>(members_.size());
  const std::int64_t excess = (heaviest - part) / count;
  if ((heaviest - part) * 10 < part || excess * excess < heaviest / count * 9) return;
  std::int64_t best = heaviest - part / 64;  // what the heavier of both has afterwards
  Change from, to;
  for (const Member& other : members_) {
    const std::int64_t light = weights.sum(other.slots);
    for (SlotMask mine = most->slots; mine != 0; mine &= mine - 1) {
      for (SlotMask his = other.slots; his != 0; his &= his - 1) {
        const Slot heavy_slot = Weights::first(mine), light_slot = Weights::first(his);
        const std::int64_t less = weights.of(heavy_slot) - weights.of(light_slot);
        const std::int64_t after = std::max(heaviest - less, light + less);
        if (after >= best) continue;
        best = after;
        from = {most->session, 0, SlotMask{1} << heavy_slot, SlotMask{1} << light_slot};
        to = {other.session, 0, from.promise, from.ask_back};
      }
    }
  }
  if (from.ask_back != 0) changes = {from, to};
}

}  // namespace mesh::core
