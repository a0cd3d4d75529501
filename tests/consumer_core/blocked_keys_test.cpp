// The member's side of blocked keys: what the publisher says against what it did not know of when it said so.
#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/blocked_keys.hpp>

using namespace mesh;
using namespace mesh::core;

namespace {

constexpr KeyId five = 5, five_too = 5 + 64, nine = 9;
constexpr SlotMask slot_five = SlotMask{1} << 5;

/// As `+key` and `-key@turn`.
std::vector<std::string> changes(BlockedKeys& keys) {
  std::vector<std::string> out;
  for (const KeyChange& change : keys.take_changes()) {
    const std::string key = std::to_string(change.key);
    const bool always = change.turn == ~std::uint64_t{0};
    out.push_back(change.blocked ? "+" + key
                                 : "-" + key + "@" + (always ? "any" : std::to_string(change.turn)));
  }
  return out;
}

using Changes = std::vector<std::string>;

std::vector<KeyId> list(std::initializer_list<KeyId> keys) {
  return keys;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(blocked_keys)

BOOST_AUTO_TEST_CASE(what_the_publisher_names_is_blocked_once) {
  BlockedKeys keys;
  keys.begin(list({five, nine}));
  BOOST_TEST((changes(keys) == Changes{"+5", "+9"}));
  keys.add(list({nine, five_too}));
  BOOST_TEST((changes(keys) == Changes{"+69"}));
  keys.free(five, 0);
  keys.free(five, 0);
  BOOST_TEST((changes(keys) == Changes{"-5@0"}));
  keys.add(list({five}));
  BOOST_TEST((changes(keys) == Changes{"+5"}));
}

BOOST_AUTO_TEST_CASE(a_new_assignment_begins_with_its_own_keys) {
  BlockedKeys keys;
  keys.begin(list({five}));
  keys.blocked(nine, 4);
  keys.asked(nine);
  keys.begin(list({nine}));
  // What was to be told of the old one is not: the dispatcher has forgotten it.
  BOOST_TEST((changes(keys) == Changes{"+9"}));
  keys.free(five, 9);
  BOOST_TEST(changes(keys).empty());
  keys.free(nine, 0);  // the old verdict is nobody's business
  BOOST_TEST((changes(keys) == Changes{"-9@0"}));
}

BOOST_AUTO_TEST_CASE(of_new_slots_only_what_is_named_now_is_blocked) {
  BlockedKeys keys;
  keys.begin(list({five, nine}));
  keys.blocked(five, 3);
  changes(keys);
  keys.gain(slot_five, list({five_too, nine + 64}));  // the last is of a slot that is not new
  BOOST_TEST((changes(keys) == Changes{"-5@any", "+69"}));
  keys.free(nine + 64, 0);
  BOOST_TEST(changes(keys).empty());
  keys.free(nine, 0);
  BOOST_TEST((changes(keys) == Changes{"-9@0"}));
}

BOOST_AUTO_TEST_CASE(slots_that_are_given_away_are_forgotten) {
  BlockedKeys keys;
  keys.begin(list({five, nine}));
  keys.blocked(five_too, 2);
  changes(keys);
  keys.forget(slot_five);
  BOOST_TEST((changes(keys) == Changes{"-5@any", "-69@any"}));
  keys.free(five, 9);
  BOOST_TEST(changes(keys).empty());
}

BOOST_AUTO_TEST_CASE(what_the_dispatcher_blocked_is_freed_by_its_last_turn) {
  BlockedKeys keys;
  keys.blocked(five, 3);
  keys.blocked(five, 8);
  BOOST_TEST(changes(keys).empty());  // it knows
  keys.free(five, 0);
  BOOST_TEST((changes(keys) == Changes{"-5@8"}));
  keys.free(nine, 0);
  BOOST_TEST(changes(keys).empty());
}

BOOST_AUTO_TEST_CASE(a_key_with_a_verdict_that_is_not_answered_stays_blocked) {
  BlockedKeys keys;
  keys.blocked(five, 3);
  keys.asked(five);
  keys.blocked(five, 4);
  keys.asked(five);
  keys.free(five, 100);
  BOOST_TEST(changes(keys).empty());
  keys.answered(five, 20);
  keys.free(five, 100);
  BOOST_TEST(changes(keys).empty());
  keys.answered(five, 21);
  keys.free(nine, 100);
  BOOST_TEST(changes(keys).empty());
  keys.free(five, 100);
  BOOST_TEST((changes(keys) == Changes{"-5@4"}));
}

BOOST_AUTO_TEST_CASE(what_was_said_before_the_carrier_of_a_verdict_was_taken_does_not_free) {
  BlockedKeys keys;
  keys.blocked(five, 3);
  keys.asked(five);
  keys.answered(five, 20);
  keys.free(five, 19);
  BOOST_TEST(changes(keys).empty());
  keys.free(five, 20);
  BOOST_TEST((changes(keys) == Changes{"-5@3"}));
  // Blocked anew, an old carrier does not count.
  keys.add(list({five}));
  keys.free(five, 1);
  BOOST_TEST((changes(keys) == Changes{"+5", "-5@0"}));
}

BOOST_AUTO_TEST_CASE(verdicts_without_a_key_are_not_counted) {
  BlockedKeys keys;
  keys.asked(0);
  keys.answered(0, 3);
  keys.answered(nine, 3);
  keys.add(list({nine}));
  keys.free(nine, 0);
  BOOST_TEST((changes(keys) == Changes{"+9", "-9@0"}));
}

BOOST_AUTO_TEST_SUITE_END()
