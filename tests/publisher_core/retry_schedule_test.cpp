#include <boost/test/unit_test.hpp>

#include <mesh/core/publisher/retry_schedule.hpp>

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(retry_schedule)

BOOST_AUTO_TEST_CASE(the_delay_follows_the_backoff_and_the_last_one_repeats) {
  RetryPolicy policy;
  policy.backoff = {1s, 2s};
  policy.jitter = 0;
  BOOST_TEST((retry_delay(policy, "g", 7, 1, {}) == 1s));
  BOOST_TEST((retry_delay(policy, "g", 7, 2, {}) == 2s));
  BOOST_TEST((retry_delay(policy, "g", 7, 9, {}) == 2s));
}

BOOST_AUTO_TEST_CASE(jitter_is_repeatable_and_stays_within_its_share) {
  RetryPolicy policy;
  policy.backoff = {1s};
  policy.jitter = 0.2;
  Duration low = 10s, high = 0s;
  for (Seq seq = 1; seq <= 1000; ++seq) {
    const Duration delay = retry_delay(policy, "g", seq, 1, {});
    BOOST_TEST((delay == retry_delay(policy, "g", seq, 1, {})));
    low = std::min(low, delay);
    high = std::max(high, delay);
  }
  BOOST_TEST((low >= 800ms && low < 820ms));
  BOOST_TEST((high <= 1200ms && high > 1180ms));
}

BOOST_AUTO_TEST_CASE(a_wish_replaces_the_backoff_within_its_bounds) {
  const RetryPolicy policy;
  BOOST_TEST((retry_delay(policy, "g", 1, 1, 7s) == 7s));
  BOOST_TEST((retry_delay(policy, "g", 1, 1, -7s) == 0s));
  BOOST_TEST((retry_delay(policy, "g", 1, 1, 1000h) == delay_max));
}

BOOST_AUTO_TEST_CASE(a_history_keeps_the_first_and_the_newest_attempts) {
  std::vector<Attempt> history;
  for (std::uint32_t i = 1; i <= 100; ++i) remember(history, Attempt{i, 0, {}, "m", Reason::ack_timeout, ""});
  BOOST_TEST(history.size() == attempt_history_max);
  BOOST_TEST(history.front().number == 1u);
  BOOST_TEST(history[1].number == 70u);
  BOOST_TEST(history.back().number == 100u);
}

BOOST_AUTO_TEST_CASE(a_long_text_is_cut_at_a_characters_boundary) {
  std::vector<Attempt> history;
  remember(history, Attempt{1, 0, {}, "m", Reason::ack_timeout, std::string(1023, 'a') + "\xc3\xa9"});
  BOOST_TEST(history[0].text == std::string(1023, 'a'));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
