#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/prefix_set.hpp>

using mesh::core::PrefixSet;

BOOST_AUTO_TEST_SUITE(prefix_set)

BOOST_AUTO_TEST_CASE(no_prefixes_mean_every_topic) {
  const PrefixSet set({});
  BOOST_TEST(set.size() == 1u);
  BOOST_TEST(set.find("").has_value());
  BOOST_TEST(set.find("booking.created").has_value());
}

BOOST_AUTO_TEST_CASE(a_prefix_that_another_covers_is_left_out) {
  const PrefixSet set({"booking.", "pay", "booking.created", "booking.", "payment."});
  BOOST_TEST(set.size() == 2u);
  BOOST_TEST(set.at(*set.find("booking.created")) == "booking.");
  BOOST_TEST(set.at(*set.find("payment.done")) == "pay");
}

BOOST_AUTO_TEST_CASE(only_a_text_that_starts_with_a_prefix_is_found) {
  const PrefixSet set({"a.b", "a.d", "c"});
  BOOST_TEST(!set.find("a.").has_value());
  BOOST_TEST(!set.find("a.c").has_value());
  BOOST_TEST(!set.find("b").has_value());
  BOOST_TEST(!set.find("").has_value());
  BOOST_TEST(*set.find("a.d.e") == 1u);
  BOOST_TEST(*set.find("c") == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
