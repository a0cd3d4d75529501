#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>

#include <mesh/model/policy.hpp>

namespace mesh {

BOOST_AUTO_TEST_SUITE(policy)

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (std::uint8_t value = 1; value <= 6; ++value) {
    names.insert(to_string(static_cast<Reason>(value)));
  }
  BOOST_TEST(names.size() == 6u);
  BOOST_TEST(!names.contains("unknown"));
  BOOST_TEST(to_string(Reason::consumer_crash) == "consumer_crash");
  BOOST_TEST(to_string(static_cast<Reason>(0)) == "unknown");
}

BOOST_AUTO_TEST_CASE(names_of_letters_digits_and_a_few_marks_are_valid) {
  BOOST_TEST(valid_name("a"));
  BOOST_TEST(valid_name("Mail-Service_2.eu:worker@host/3"));
  BOOST_TEST(valid_name(std::string(100, 'x')));
}

BOOST_AUTO_TEST_CASE(names_that_are_empty_long_or_of_other_bytes_are_not_valid) {
  BOOST_TEST(!valid_name(""));
  BOOST_TEST(!valid_name(std::string(101, 'x')));
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool mark = c == '.' || c == '_' || c == '-' || c == ':' || c == '@' || c == '/';
    BOOST_TEST(valid_name(std::string("x") + static_cast<char>(c)) == (letter || mark));
  }
}

BOOST_AUTO_TEST_CASE(a_policy_is_refused_by_whichever_bound_it_breaks) {
  const auto broken = [](auto change) {
    RetryPolicy policy;
    change(policy);
    auto result = check_policy(policy);
    return !result.ok() && result.error().code == Errc::invalid_argument;
  };
  BOOST_TEST(!broken([](RetryPolicy&) {}));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.backoff = std::vector<Duration>(32, delay_max); }));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.backoff = {0ns}; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.backoff.clear(); }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.backoff.resize(33); }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.backoff = {1s, -1ns}; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.backoff = {delay_max + 1ns}; }));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.jitter = 1; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.jitter = -0.01; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.jitter = 1.01; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.jitter = std::numeric_limits<double>::quiet_NaN(); }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.jitter = std::numeric_limits<double>::infinity(); }));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.attempts_max = 1000; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.attempts_max = 0; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.attempts_max = 1001; }));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.ack_wait = 10ms; }));
  BOOST_TEST(!broken([](RetryPolicy& p) { p.ack_wait = 24h; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.ack_wait = 10ms - 1ns; }));
  BOOST_TEST(broken([](RetryPolicy& p) { p.ack_wait = 24h + 1ns; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh
