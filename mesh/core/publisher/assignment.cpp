#include <algorithm>
#include <bit>

#include <mesh/core/publisher/assignment.hpp>

namespace mesh::core {

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

std::vector<Assignment::Change> Assignment::plan(const Terms& terms) const {
  std::vector<Change> changes;
  for (const Member& member : members_) {
    changes.push_back({member.session, 0, terms.paused ? member.slots & ~member.leaving : 0});
  }
  if (terms.paused) {
    std::erase_if(changes, [](const Change& change) { return change.ask_back == 0; });
    return changes;
  }
  share(~terms.closed & ~terms.apart, terms.apart != 0 ? terms.keeper : 0, changes);
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
  return changes;
}

void Assignment::share(SlotMask ordinary, SessionId but, std::vector<Change>& changes) const {
  struct Share {
    std::size_t index = 0;
    SlotMask kept = 0;
    int room = 0;  ///< up to its part; negative: so many too many
  };

  std::vector<Share> shares;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].session == but && but != 0) continue;
    shares.push_back({i, members_[i].slots & ~members_[i].leaving & ordinary, 0});
  }
  if (shares.empty()) return;
  std::stable_sort(shares.begin(), shares.end(), [](const Share& a, const Share& b) {
    return std::popcount(a.kept) > std::popcount(b.kept);
  });
  const int all = std::popcount(ordinary);
  const int count = static_cast<int>(shares.size());
  for (int rank = 0; rank < count; ++rank) {
    Share& share = shares[static_cast<std::size_t>(rank)];
    const int part = all / count + (rank < all % count ? 1 : 0);
    share.room = part - std::popcount(share.kept);
    if (share.room >= 0) continue;
    // Which ones does not matter; the highest, so that it is the same in every run.
    changes[share.index].ask_back |= share.kept & ~lowest_slots(share.kept, part);
  }
  for (SlotMask free = ordinary & ~held(); free != 0;) {
    auto neediest = std::max_element(shares.begin(), shares.end(),
                                     [](const Share& a, const Share& b) { return a.room < b.room; });
    if (neediest->room <= 0) break;
    const SlotMask slot = lowest_slots(free, 1);
    changes[neediest->index].give |= slot;
    --neediest->room;
    free &= ~slot;
  }
}

}  // namespace mesh::core
