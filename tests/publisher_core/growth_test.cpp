#include <boost/test/unit_test.hpp>

#include <mesh/core/publisher/growth.hpp>

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(growth)

BOOST_AUTO_TEST_CASE(what_grows_steadily_reaches_its_limit_when_it_should) {
  Growth growth;
  for (unsigned second = 0; second <= 30; ++second) growth.note(second * 1s, 1000 + 100 * second);
  BOOST_REQUIRE(growth.reaches(14'000).has_value());
  BOOST_TEST(growth.reaches(14'000)->count() == Duration(100s).count());
}

BOOST_AUTO_TEST_CASE(only_the_last_minute_counts) {
  Growth growth;
  for (unsigned second = 0; second <= 300; ++second) {
    growth.note(second * 1s, second < 200 ? 1'000'000 * second : 200'000'000 + 10 * (second - 200));
  }
  const auto in = growth.reaches(200'002'000);
  BOOST_REQUIRE(in.has_value());
  BOOST_TEST(in->count() == Duration(100s).count());
}

BOOST_AUTO_TEST_CASE(what_does_not_grow_or_is_too_new_has_no_forecast) {
  Growth growth;
  BOOST_TEST(!growth.reaches(100).has_value());
  growth.note(0s, 10);
  growth.note(4s, 20);
  BOOST_TEST(!growth.reaches(100).has_value());
  growth.note(6s, 10);
  BOOST_TEST(!growth.reaches(100).has_value());
}

BOOST_AUTO_TEST_CASE(many_notes_within_a_second_are_one) {
  Growth growth;
  for (unsigned tick = 0; tick <= 10'000; ++tick) growth.note(tick * 1ms, tick);
  const auto in = growth.reaches(20'000);
  BOOST_REQUIRE(in.has_value());
  BOOST_TEST(in->count() == Duration(10s).count());
}

BOOST_AUTO_TEST_CASE(what_goes_up_and_down_does_not_grow) {
  Growth growth;
  for (unsigned second = 0; second <= 65; ++second) growth.note(second * 1s, second % 7 * 1'000'000);
  BOOST_TEST(!growth.reaches(100'000'000).has_value());
}

BOOST_AUTO_TEST_CASE(what_goes_up_and_down_but_less_down_than_up_grows) {
  Growth growth;
  for (unsigned second = 0; second <= 60; ++second)
    growth.note(second * 1s, second % 6 * 1000 + second * 100);
  const auto in = growth.reaches(16'000);
  BOOST_REQUIRE(in.has_value());
  BOOST_TEST(in->count() == Duration(100s).count());
}

BOOST_AUTO_TEST_CASE(at_the_limit_it_is_reached) {
  Growth growth;
  growth.note(0s, 10);
  growth.note(10s, 100);
  BOOST_TEST(growth.reaches(100)->count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
