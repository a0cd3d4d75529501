#include <boost/test/unit_test.hpp>

#include <random>

#include "settled_assignment.hpp"

namespace mesh::core {
namespace {

void check_even(const Assignment& assignment, SlotMask slots = all_slots) {
  int least = 64, most = 0, sum = 0;
  for (const auto& member : assignment.members()) {
    least = std::min(least, count(member.slots));
    most = std::max(most, count(member.slots));
    sum += count(member.slots);
  }
  BOOST_TEST(most - least <= 1);
  BOOST_TEST(sum == count(slots));
  BOOST_TEST(assignment.held() == slots);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(assignment)

BOOST_AUTO_TEST_CASE(who_is_alone_has_all) {
  Assignment slots;
  slots.join(7);
  BOOST_TEST((slots.plan({}) == std::vector<Assignment::Change>{{7, all_slots, 0}}));
  settle(slots);
  BOOST_TEST(slots.member(7).slots == all_slots);
  BOOST_TEST(slots.plan({}).empty());
}

BOOST_AUTO_TEST_CASE(a_newcomer_gets_its_share_and_nothing_else_moves) {
  Assignment slots;
  slots.join(1);
  settle(slots);
  for (SessionId session = 2; session <= 8; ++session) {
    slots.join(session);
    const int moves = settle(slots);
    BOOST_TEST(moves == 64 / static_cast<int>(session));
    check_even(slots);
  }
}

BOOST_AUTO_TEST_CASE(the_slots_of_one_that_leaves_go_to_the_others_and_theirs_stay) {
  Assignment slots;
  for (SessionId session = 1; session <= 5; ++session) slots.join(session);
  settle(slots);
  const SlotMask kept = slots.member(2).slots;
  const SlotMask free = slots.leave(3);
  BOOST_TEST(settle(slots) == count(free));
  BOOST_TEST((slots.member(2).slots & kept) == kept);
  check_even(slots);
}

BOOST_AUTO_TEST_CASE(a_slot_is_asked_back_first_and_given_when_it_was_released) {
  Assignment slots;
  slots.join(1);
  settle(slots);
  slots.join(2);
  const auto plan = slots.plan({});
  BOOST_REQUIRE(plan.size() == 1u);
  BOOST_TEST(plan[0].session == 1u);
  BOOST_TEST(plan[0].give == 0u);
  BOOST_TEST(count(plan[0].ask_back) == 32);
  slots.ask_back(1, plan[0].ask_back);
  BOOST_TEST(slots.plan({}).empty());
  slots.give(2, plan[0].ask_back);  // it is still the other's
  BOOST_TEST(slots.member(2).slots == 0u);
  BOOST_TEST(slots.release(1, lowest_slots(plan[0].ask_back, 3)) == lowest_slots(plan[0].ask_back, 3));
  BOOST_TEST((slots.plan({}) == std::vector<Assignment::Change>{{2, lowest_slots(plan[0].ask_back, 3), 0}}));
}

BOOST_AUTO_TEST_CASE(whom_a_slot_was_asked_back_from_gets_it_again_only_after_the_release) {
  Assignment slots;
  slots.join(1);
  settle(slots);
  slots.join(2);
  slots.ask_back(1, slots.plan({})[0].ask_back);
  slots.leave(2);
  BOOST_TEST(slots.plan({}).empty());
  slots.release(1, slots.member(1).leaving);
  settle(slots);
  BOOST_TEST(slots.member(1).slots == all_slots);
}

BOOST_AUTO_TEST_CASE(closed_slots_are_given_to_nobody) {
  Assignment slots;
  slots.join(1);
  slots.join(2);
  settle(slots, {.closed = 0xff});
  BOOST_TEST((slots.held() & 0xff) == 0u);
  check_even(slots, ~SlotMask{0xff});
}

BOOST_AUTO_TEST_CASE(slots_that_are_apart_go_to_the_keeper_who_gets_rid_of_his_first) {
  Assignment slots;
  for (SessionId session = 1; session <= 4; ++session) slots.join(session);
  settle(slots);
  const SlotMask apart = slots.leave(2);
  const Assignment::Terms terms{.apart = apart, .keeper = 3};
  const auto plan = slots.plan(terms);
  const auto keeper = std::find_if(plan.begin(), plan.end(), [](auto& one) { return one.session == 3; });
  BOOST_REQUIRE((keeper != plan.end()));
  BOOST_TEST(keeper->give == 0u);
  BOOST_TEST(keeper->ask_back == slots.member(3).slots);
  settle(slots, terms);
  BOOST_TEST(slots.member(3).slots == apart);
  BOOST_TEST(count(slots.member(1).slots) == 24);
  BOOST_TEST(slots.held() == all_slots);
  settle(slots);
  check_even(slots);
}

BOOST_AUTO_TEST_CASE(a_keeper_that_is_alone_has_only_the_slots_that_are_apart) {
  Assignment slots;
  slots.join(1);
  settle(slots, {.apart = 0xf0, .keeper = 1});
  BOOST_TEST(slots.member(1).slots == 0xf0u);
  Assignment other;
  other.join(1);
  settle(other);
  other.join(2);
  const auto plan = other.plan({.apart = 0, .keeper = 0});
  other.ask_back(1, plan[0].ask_back);
  // In a hurry he gets them beside his own.
  Assignment hasty;
  hasty.join(1);
  hasty.give(1, 0xf);
  const auto hurried = hasty.plan({.apart = 0xf0, .keeper = 1, .hurry = true});
  BOOST_REQUIRE(hurried.size() == 1u);
  BOOST_TEST(hurried[0].give == 0xf0u);
  BOOST_TEST(hurried[0].ask_back == 0xfu);
}

BOOST_AUTO_TEST_CASE(more_members_than_slots_leave_some_without) {
  Assignment slots;
  for (SessionId session = 1; session <= 70; ++session) slots.join(session);
  settle(slots);
  check_even(slots);
}

// Whoever comes, goes or is lost, and in whatever order slots are released.
BOOST_AUTO_TEST_CASE(shares_are_even_one_holder_has_each_slot_and_no_more_move_than_must) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    Assignment slots;
    SessionId next = 1;
    for (int step = 0; step < 60; ++step) {
      const auto& members = slots.members();
      if (members.empty() || random() % 3 == 0) {
        slots.join(next++);
      } else if (random() % 3 == 0) {
        slots.leave(members[random() % members.size()].session);
      } else {
        const auto& one = members[random() % members.size()];
        slots.release(one.session, one.leaving & random());
      }
      for (const auto& change : slots.plan({})) {
        BOOST_REQUIRE((change.give & slots.held()) == 0u);
        slots.give(change.session, change.give);
        slots.ask_back(change.session, change.ask_back);
      }
      SlotMask seen = 0;
      for (const auto& member : slots.members()) {
        BOOST_REQUIRE((member.slots & seen) == 0u);
        BOOST_REQUIRE((member.leaving & ~member.slots) == 0u);
        seen |= member.slots;
      }
    }
    if (slots.empty()) continue;
    settle(slots);
    check_even(slots);
    const int members = static_cast<int>(slots.members().size());
    slots.join(next);
    BOOST_TEST(settle(slots) <= 64 / (members + 1));  // its own share, and nothing else
    check_even(slots);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
