#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/live_merge.hpp>

#include "fixture.hpp"

using namespace test;
using Step = LiveMerge::Step;

namespace {

struct Merge {
  explicit Merge(std::vector<std::string> mine, Seq position) : prefixes(mine), merge(prefixes, 1 << 20) {
    merge.restart(position);
  }

  Step give(LiveMessage message) {
    BOOST_REQUIRE(merge.hold(std::move(message)));
    const auto step = merge.next(parts);
    if (step == Step::batch) merge.cover(parts.front().last);
    return step;
  }

  PrefixSet prefixes;
  LiveMerge merge;
  std::vector<LiveMessage> parts;
};

/// A part of the batch first..last with frame 0 `prefix`.
LiveMessage part(std::string prefix, std::vector<Chain> chains, Seq first, Seq last,
                 std::optional<std::vector<std::string>> companions = std::vector<std::string>{}) {
  LiveMessage message;
  message.prefix = std::move(prefix);
  message.origin = home;
  message.first = first;
  message.last = last;
  message.chains = std::move(chains);
  message.companions = std::move(companions);
  message.batch = batch_of(items(first, last));
  return message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_merge)

BOOST_AUTO_TEST_CASE(only_the_chain_of_my_own_prefix_counts) {
  Merge merge({"a."}, 10);
  BOOST_TEST((merge.give(part("a.b", {{0, 99}, {2, 10}, {3, 0}}, 11, 12)) == Step::batch));
  BOOST_TEST((merge.give(part("a.b", {{0, 0}, {2, 13}, {3, 0}}, 14, 15)) == Step::lost));
}

BOOST_AUTO_TEST_CASE(a_message_without_my_chain_tells_nothing) {
  Merge merge({"a."}, 10);
  BOOST_TEST((merge.give(part("a.b", {{0, 10}, {3, 10}}, 11, 12)) == Step::unknown));
}

BOOST_AUTO_TEST_CASE(companions_that_are_not_mine_are_not_waited_for) {
  Merge merge({"a."}, 10);
  BOOST_TEST((merge.give(part("a.", {{2, 10}}, 11, 12, {{"b.", "", "a"}})) == Step::batch));
  BOOST_TEST((merge.give(part("a.", {{2, 12}}, 13, 14, {{"a.b"}})) == Step::waiting));
  BOOST_TEST((merge.give(part("a.b", {{2, 12}, {3, 0}}, 13, 14, {{"a."}})) == Step::batch));
  BOOST_TEST(merge.parts.size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_next_batch_while_one_is_incomplete_means_loss) {
  Merge merge({""}, 10);
  BOOST_TEST((merge.give(part("a", {{0, 10}, {1, 0}}, 11, 12, {{"b"}})) == Step::waiting));
  BOOST_TEST((merge.give(part("a", {{0, 12}, {1, 12}}, 13, 14)) == Step::lost));
}

BOOST_AUTO_TEST_CASE(a_batch_under_one_of_several_prefixes_says_nothing_about_the_others) {
  Merge merge({"a.", "b."}, 10);
  // Taking this would skip for good what may have been lost under b. between 10 and 20.
  BOOST_TEST((merge.give(part("a.", {{2, 10}}, 21, 22)) == Step::unknown));
  BOOST_TEST(merge.merge.position() == 10u);
}

BOOST_AUTO_TEST_CASE(a_batch_under_all_of_several_prefixes_is_taken) {
  Merge merge({"a.", "b."}, 10);
  BOOST_TEST((merge.give(part("a.", {{2, 10}}, 21, 24, {{"b."}})) == Step::waiting));
  BOOST_TEST((merge.give(part("b.", {{2, 4}}, 21, 24, {{"a."}})) == Step::batch));
  BOOST_TEST(merge.merge.position() == 24u);
}

BOOST_AUTO_TEST_CASE(heartbeats_tell_what_is_known_of_each_prefix_and_the_lowest_is_the_position) {
  Merge merge({"a.", "b."}, 10);
  const auto beat = [&](std::string prefix, Seq previous, Seq head) {
    LiveMessage message;
    message.prefix = prefix;
    message.head = head;
    message.chains = {{static_cast<std::uint16_t>(prefix.size()), previous}};
    return merge.merge.heartbeat(message);
  };
  BOOST_TEST((beat("b.", 10, 30) == Step::batch));
  BOOST_TEST(merge.merge.position() == 10u);
  BOOST_TEST((merge.give(part("a.", {{2, 10}}, 21, 22)) == Step::batch));
  BOOST_TEST(merge.merge.position() == 22u);
  BOOST_TEST((beat("a.", 22, 40) == Step::batch));
  BOOST_TEST(merge.merge.position() == 30u);
  BOOST_TEST((beat("b.", 35, 40) == Step::lost));
  BOOST_TEST((beat("c.", 99, 99) == Step::nothing));
}

BOOST_AUTO_TEST_CASE(what_is_over_the_bound_is_dropped_with_all_that_was_held) {
  const PrefixSet all({});
  LiveMerge merge(all, 3000);
  merge.restart(0);
  int held = 0;
  while (merge.hold(part("", {{0, 1}}, 2, 3))) ++held;
  BOOST_TEST(held >= 4);
  BOOST_TEST(held < 12);
  BOOST_TEST(!merge.holding());
  BOOST_TEST(merge.hold(part("", {{0, 1}}, 2, 3)));
}

BOOST_AUTO_TEST_CASE(a_part_that_comes_twice_is_taken_once) {
  Merge merge({""}, 10);
  const auto a = part("a", {{0, 10}, {1, 0}}, 11, 12, {{"b"}});
  const auto b = part("b", {{0, 10}, {1, 0}}, 11, 12, {{"a"}});
  BOOST_TEST((merge.give(a) == Step::waiting));
  BOOST_TEST((merge.give(a) == Step::waiting));
  BOOST_TEST((merge.give(b) == Step::batch));
  BOOST_TEST(merge.parts.size() == 2u);
  BOOST_TEST(merge.merge.take_duplicates() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
