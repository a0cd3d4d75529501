// An assignment with its plans carried out.
#pragma once

#include <bit>

#include <boost/test/unit_test.hpp>

#include <mesh/core/publisher/assignment.hpp>

namespace mesh::core {

inline int count(SlotMask slots) {
  return std::popcount(slots);
}

/// Carries a plan out, as if everybody released at once, until there is nothing to do. Gives how many slots
/// changed hands.
inline int settle(Assignment& assignment, const Assignment::Terms& terms = {}) {
  int moves = 0;
  for (int round = 0; round < 100; ++round) {
    const auto plan = assignment.plan(terms);
    bool leaving = false;
    for (const auto& change : plan) {
      BOOST_REQUIRE((change.give & assignment.held()) == 0u);
      BOOST_REQUIRE((change.give & terms.closed) == 0u);
      assignment.give(change.session, change.give);
      assignment.ask_back(change.session, change.ask_back);
      assignment.promise(change.session, change.promise);
      moves += count(change.give);
    }
    for (const auto& member : assignment.members()) {
      leaving = leaving || member.leaving != 0;
      assignment.release(member.session, member.leaving);
    }
    if (plan.empty() && !leaving) return moves;
  }
  BOOST_FAIL("the plan never ends");
  return moves;
}

}  // namespace mesh::core
