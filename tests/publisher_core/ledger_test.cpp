#include <boost/test/unit_test.hpp>

#include <mesh/model/ledger.hpp>

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(all_slots_together_are_one_part) {
  Ledger ledger(5);
  const SeqRange above[] = {{9, 10}};
  BOOST_TEST(ledger.settle(all_slots, 7, above));
  BOOST_TEST(!ledger.settle(all_slots, 7, above));
  BOOST_TEST(ledger.settle(8));
  BOOST_TEST(ledger.parts().size() == 1u);
  BOOST_TEST(ledger.floor() == 10u);
}

BOOST_AUTO_TEST_CASE(slots_part_and_join_again) {
  Ledger ledger;
  BOOST_TEST(ledger.settle(0b0011, 10, {}));
  BOOST_TEST(ledger.parts().size() == 2u);
  BOOST_TEST(ledger.floor() == 0u);
  BOOST_TEST(ledger.floor(0b0001) == 10u);
  BOOST_TEST(!ledger.contains(3));
  BOOST_TEST(ledger.missing_through(10) == 10u);
  BOOST_TEST(ledger.settle(0b0010, 12, {}));
  BOOST_TEST(ledger.parts().size() == 3u);
  BOOST_TEST(ledger.settle(all_slots, 12, {}));
  BOOST_TEST(ledger.parts().size() == 1u);
  BOOST_TEST(ledger.floor() == 12u);
  BOOST_TEST(ledger.first_missing(12) == 0u);
  BOOST_TEST(ledger.first_missing(20) == 13u);
}

BOOST_AUTO_TEST_CASE(a_view_shows_only_the_slots_that_were_asked_for) {
  Ledger ledger;
  ledger.settle(0b0011, 10, {});
  const auto view = ledger.view(0b0110);
  BOOST_REQUIRE(view.size() == 2u);
  BOOST_TEST(view[0].slots == 0b0010u);
  BOOST_TEST(view[0].floor == 10u);
  BOOST_TEST(view[1].slots == 0b0100u);
  BOOST_TEST(view[1].floor == 0u);
}

BOOST_AUTO_TEST_CASE(ranges_are_bounded_and_what_is_left_out_is_only_unsettled) {
  Ledger ledger;
  std::vector<SeqRange> many;
  for (Seq i = 0; i < Ledger::ranges_max + 100; ++i) many.push_back({10 + 2 * i, 10 + 2 * i});
  ledger.settle(all_slots, 1, many);
  BOOST_TEST(ledger.parts()[0].set.above().size() == Ledger::ranges_max);
  BOOST_TEST(ledger.settle(all_slots, 9, {}));
  BOOST_TEST(ledger.floor() == 10u);
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_told_of_some_slots_too) {
  Ledger ledger(10);
  ledger.settle(SlotMask{1}, 20, {});
  BOOST_TEST(ledger.missing_through(20) == 10u);
  BOOST_TEST(ledger.missing_through(20, SlotMask{1}) == 0u);
  BOOST_TEST(ledger.missing_through(25, SlotMask{1}) == 5u);
  BOOST_TEST(ledger.missing_through(25, SlotMask{6}) == 15u);
  BOOST_TEST(ledger.missing_through(25, 0) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
