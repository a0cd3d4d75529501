// The dispatcher's gate: which deliveries it holds back, and the turns by which a key is freed.
#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/key_gate.hpp>

#include "dispatcher_fixture.hpp"

using namespace mesh;
using namespace mesh::core;

namespace {

Completion failed_one(std::string_view key, Completion::Kind kind = Completion::Kind::retry,
                      LinkId link = 0) {
  Completion completion;
  completion.link = link;
  completion.kind = kind;
  completion.key = key_id(key);
  return completion;
}

/// Blocks its key; gives the turn.
std::uint64_t fail_in(KeyGate& gate, std::string_view key, Completion::Kind kind = Completion::Kind::retry,
                      LinkId link = 0) {
  std::vector<Completion> completions{failed_one(key, kind, link)};
  gate.failed(completions, 0);
  return completions[0].turn;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_gate)

BOOST_AUTO_TEST_CASE(a_failure_blocks_its_key_on_its_link_for_all_but_redeliveries) {
  for (const auto kind : {Completion::Kind::retry, Completion::Kind::park}) {
    KeyGate gate(true);
    BOOST_TEST(!gate.holds_back(delivery(1, "k")));
    BOOST_TEST(fail_in(gate, "k", kind, 3) != 0u);
    BOOST_TEST(gate.holds_back(delivery(2, "k", 3)));
    BOOST_TEST(!gate.holds_back(delivery(2, "k", 2)));
    BOOST_TEST(!gate.holds_back(delivery(2, "other", 3)));
    BOOST_TEST(!gate.holds_back(delivery(2, {}, 3)));
    auto again = delivery(1, "k", 3);
    again.counted = true;
    BOOST_TEST(!gate.holds_back(again));
  }
}

BOOST_AUTO_TEST_CASE(what_was_acked_has_no_key_or_came_before_blocks_nothing) {
  KeyGate gate(true);
  std::vector<Completion> completions{failed_one("before"), failed_one("acked", Completion::Kind::ack),
                                      Completion{}, failed_one("k")};
  completions[2].kind = Completion::Kind::retry;
  gate.failed(completions, 1);
  BOOST_TEST(!gate.holds_back(delivery(1, "before")));
  BOOST_TEST(!gate.holds_back(delivery(1, "acked")));
  BOOST_TEST(!gate.holds_back(delivery(1)));
  BOOST_TEST(gate.holds_back(delivery(1, "k")));
  for (const std::size_t i : {0u, 1u, 2u}) BOOST_TEST(completions[i].turn == 0u);
  BOOST_TEST(completions[3].turn != 0u);
}

BOOST_AUTO_TEST_CASE(without_order_nothing_is_held_back) {
  KeyGate gate(false);
  BOOST_TEST(fail_in(gate, "k") == 0u);
  BOOST_TEST(!gate.holds_back(delivery(1, "k")));
}

BOOST_AUTO_TEST_CASE(what_is_held_back_comes_out_as_behind_in_a_turn_of_its_own) {
  KeyGate gate(true);
  const auto turn = fail_in(gate, "k");
  auto held = delivery(7, "k");
  held.covers_to = 9;
  held.slots = 5;
  const Completion completion = gate.behind(held);
  BOOST_TEST((completion.kind == Completion::Kind::behind));
  BOOST_TEST(completion.seq == 7u);
  BOOST_TEST(completion.covers_to == 9u);
  BOOST_TEST(completion.slots == 5u);
  BOOST_TEST(completion.key == key_id("k"));
  BOOST_TEST(completion.turn > turn);
  // The failure's turn is not the last any more.
  gate.change(0, {key_id("k"), false, turn});
  BOOST_TEST(gate.holds_back(delivery(8, "k")));
  gate.change(0, {key_id("k"), false, completion.turn});
  BOOST_TEST(!gate.holds_back(delivery(8, "k")));
}

BOOST_AUTO_TEST_CASE(an_older_turn_frees_nothing) {
  KeyGate gate(true);
  const auto first = fail_in(gate, "k");
  const auto second = fail_in(gate, "k");
  BOOST_TEST(second > first);
  gate.change(0, {key_id("k"), false, first});
  BOOST_TEST(gate.holds_back(delivery(1, "k")));
  gate.change(1, {key_id("k"), false, second});  // of another link
  BOOST_TEST(gate.holds_back(delivery(1, "k")));
  gate.change(0, {key_id("k"), false, second});
  BOOST_TEST(!gate.holds_back(delivery(1, "k")));
  gate.change(0, {key_id("k"), false, second});
  BOOST_TEST(!gate.holds_back(delivery(1, "k")));
}

BOOST_AUTO_TEST_CASE(the_publishers_word_blocks_and_leaves_a_later_turn_as_it_is) {
  KeyGate gate(true);
  gate.change(0, {key_id("k"), true, 0});
  BOOST_TEST(gate.holds_back(delivery(1, "k")));
  gate.change(0, {key_id("k"), false, 0});
  BOOST_TEST(!gate.holds_back(delivery(1, "k")));
  fail_in(gate, "k");
  gate.change(0, {key_id("k"), true, 0});
  gate.change(0, {key_id("k"), false, 0});
  BOOST_TEST(gate.holds_back(delivery(1, "k")));
}

BOOST_AUTO_TEST_CASE(a_link_is_cleared_for_itself) {
  KeyGate gate(true);
  for (const LinkId link : {0u, 1u, 2u}) {
    fail_in(gate, "k", Completion::Kind::retry, link);
    gate.change(link, {~KeyId{0}, true, 0});
    gate.change(link, {1, true, 0});
  }
  gate.clear(1);
  BOOST_TEST(gate.holds_back(delivery(1, "k", 0)));
  BOOST_TEST(!gate.holds_back(delivery(1, "k", 1)));
  BOOST_TEST(gate.holds_back(delivery(1, "k", 2)));
}

BOOST_AUTO_TEST_SUITE_END()
