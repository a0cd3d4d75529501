// One publisher under two endpoints.
#include <mesh/detail/twins.hpp>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

Origin origin_of(std::uint8_t number) {
  Origin origin;
  origin.bytes.fill(number);
  return origin;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(twins)

BOOST_AUTO_TEST_CASE(two_links_that_take_turns_at_one_publisher_are_told_once) {
  detail::Twins twins;
  BOOST_TEST(!twins.changed(0, origin_of(1), 1s));
  BOOST_TEST(!twins.changed(2, origin_of(1), 2s));
  BOOST_TEST(!twins.changed(0, origin_of(1), 3s));
  const auto other = twins.changed(2, origin_of(1), 4s);
  BOOST_REQUIRE(other.has_value());
  BOOST_TEST(*other == 0u);
  for (int i = 5; i < 50; ++i)
    BOOST_TEST(!twins.changed(i % 2 == 0 ? 2 : 0, origin_of(1), std::chrono::seconds(i)));
}

BOOST_AUTO_TEST_CASE(a_publisher_that_has_moved_or_comes_and_goes_is_not_told) {
  detail::Twins twins;
  for (int i = 0; i < 9; ++i) BOOST_TEST(!twins.changed(0, origin_of(1), std::chrono::seconds(i)));
  for (int i = 9; i < 18; ++i) BOOST_TEST(!twins.changed(1, origin_of(1), std::chrono::seconds(i)));
  for (int i = 18; i < 27; ++i)
    BOOST_TEST(!twins.changed(static_cast<core::LinkId>(i % 2 + 2),
                              origin_of(static_cast<std::uint8_t>(i % 2)), std::chrono::seconds(i)));
  BOOST_TEST(!twins.changed(0, origin_of(1), 30s));
  BOOST_TEST(!twins.changed(1, origin_of(1), 50s));
  BOOST_TEST(!twins.changed(0, origin_of(1), 70s));
}

BOOST_AUTO_TEST_CASE(a_consumer_warns_of_one_publisher_under_two_addresses) {
  TempDirectory directory;
  auto publisher_settings = publisher_options(directory);
  publisher_settings.control = "tcp://0.0.0.0:*";
  publisher_settings.insecure = true;
  auto publisher = Publisher::open(publisher_settings).value();
  const auto first = replaced(publisher.control_endpoint(), "0.0.0.0", "127.0.0.1");
  const auto second = replaced(first, "127.0.0.1", "127.0.0.2");
  Latch latch;
  std::vector<std::string> told;
  auto options = consumer_options(first, "g");
  options.publishers.push_back(second);
  options.log = [&](const Notice& notice) {
    if (notice.code == "link.twice") latch.change([&] { told.push_back(notice.text); });
  };
  options.on_any([](const Event&) {});
  auto consumer = Consumer::open(std::move(options)).value();
  BOOST_REQUIRE(latch.wait([&] { return !told.empty(); }));
  BOOST_TEST(told.front().find(first) != std::string::npos);
  BOOST_TEST(told.front().find(second) != std::string::npos);
  (void)consumer.close(1s);
  BOOST_TEST(told.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
