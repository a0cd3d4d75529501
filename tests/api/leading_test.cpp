// With one handler at a time the thread that receives also handles: another takes its place in time.
#include <atomic>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

PublisherOptions with_group(const TempDirectory& directory) {
  PublisherOptions options = publisher_options(directory);
  options.groups.push_back({"g", {}, {}, {}});
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_handled_is_told_while_a_later_handler_hangs) {
  TempDirectory directory;
  auto publisher = Publisher::open(with_group(directory)).value();
  constexpr Seq quick = 500;
  Latch latch;
  Seq handled = 0;
  bool let_go = false;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event& event) {
    if (event.seq() > quick) latch.wait([&] { return let_go; });
    latch.change([&] { handled = event.seq(); });
  });
  auto consumer = Consumer::open(std::move(options)).value();
  for (Seq i = 0; i < quick; ++i) publish_text(publisher, "t.x", "k", "x");
  BOOST_REQUIRE(latch.wait([&] { return handled == quick; }));
  publish_text(publisher, "t.x", "k", "hangs");
  BOOST_TEST(latch.eventually([&] { return publisher.settled(quick); }));
  BOOST_TEST(!publisher.settled(quick + 1));
  latch.change([&] { let_go = true; });
  BOOST_TEST(publisher.wait_settled(quick + 1, patience).ok());
}

BOOST_AUTO_TEST_CASE(many_short_runs_in_a_row_do_not_keep_everybody_from_leading) {
  TempDirectory directory;
  auto publisher = Publisher::open(with_group(directory)).value();
  constexpr int all = 10'000;
  for (int i = 0; i < all; ++i) publisher.publish("t.x", "k" + std::to_string(i), pack(i)).value();
  BOOST_REQUIRE(publisher.flush(patience).ok());
  std::atomic<int> count{0};
  std::atomic<std::uint64_t> told{0};
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.retry.order = Order::key;  // a run ends with the first that fails
  options.retry.backoff = {1h};
  options.on_any([&](const Event&) {
    const auto until = std::chrono::steady_clock::now() + 100us;
    while (std::chrono::steady_clock::now() < until) {
    }
    // They came in one answer to a fetch: until the last of them is handled, nobody has to lead.
    if (++count == all - 1000) told = publisher.stats().retried;
    return retry("not today");
  });
  auto consumer = Consumer::open(std::move(options)).value();
  Latch latch;
  BOOST_REQUIRE(latch.eventually([&] { return count >= all; }, 3 * patience));
  BOOST_TEST(told > 0u);
}
