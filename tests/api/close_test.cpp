// The end of a consumer: what is under way finishes, what has not begun goes back unharmed.
#include <thread>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

BOOST_AUTO_TEST_CASE(close_lets_the_running_handler_finish_and_gives_the_rest_back) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Seq last = 0;
  for (int i = 0; i < 200; ++i) last = publish_text(publisher, "t.x", "k", std::to_string(i));
  Latch latch;
  bool let_go = false;
  Notebook first;
  {
    auto options = consumer_options(publisher.control_endpoint(), "g");
    options.on_any([&](const Event& event) {
      first.note(event);
      latch.wait([&] { return let_go; });
    });
    auto consumer = Consumer::open(std::move(options)).value();
    BOOST_REQUIRE(first.wait_count(1));
    std::thread closing([&] { BOOST_CHECK(consumer.close(patience).ok()); });
    BOOST_CHECK(eventually([&] { return consumer.stats().links[0].phase == LinkPhase::leaving; }));
    latch.change([&] { let_go = true; });
    closing.join();
  }
  const auto handled = first.count();
  BOOST_TEST(handled < 200u);

  Notebook second;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event& event) { second.note(event); });
  auto consumer = Consumer::open(std::move(options)).value();
  BOOST_REQUIRE(second.wait_count(200 - handled));
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
  BOOST_TEST(second.count() == 200 - handled);
  for (const auto& seen : second.seen()) {
    BOOST_REQUIRE(seen.attempt == 1u);
    BOOST_REQUIRE(!seen.redelivered);
  }
  BOOST_TEST(publisher.stats().retried == 0u);
}

BOOST_AUTO_TEST_CASE(close_says_when_a_handler_took_too_long_and_its_event_comes_again_marked) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Latch latch;
  bool let_go = false;
  Notebook first;
  {
    auto options = consumer_options(publisher.control_endpoint(), "g");
    options.on_any([&](const Event& event) {
      first.note(event);
      latch.wait([&] { return let_go; });
    });
    auto consumer = Consumer::open(std::move(options)).value();
    publish_text(publisher, "t.x", "k", "slow");
    BOOST_REQUIRE(first.wait_count(1));
    std::thread closing([&] { BOOST_CHECK((consumer.close(10ms).error().code == Errc::timeout)); });
    BOOST_CHECK(eventually([&] { return consumer.stats().links[0].phase == LinkPhase::left; }));
    latch.change([&] { let_go = true; });
    closing.join();
  }
  Notebook second;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event& event) { second.note(event); });
  auto consumer = Consumer::open(std::move(options)).value();
  BOOST_REQUIRE(second.wait_count(1));
  BOOST_TEST(second.seen().front().redelivered);
}

BOOST_AUTO_TEST_CASE(close_ends_in_time_when_the_publisher_is_not_there) {
  TempDirectory directory;
  auto options = consumer_options("ipc://" + (directory / "nobody"), "g");
  options.on_any([](const Event&) {});
  auto consumer = Consumer::open(std::move(options)).value();
  BOOST_TEST(consumer.close(patience).ok());
  BOOST_TEST((consumer.wait_caught_up(0s).error().code == Errc::closed));
  BOOST_TEST((consumer.stats().links[0].phase == LinkPhase::left));
}

BOOST_AUTO_TEST_CASE(both_ends_can_be_moved_and_dropped_in_any_order) {
  TempDirectory directory;
  std::optional<Publisher> publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = consumer_options(publisher->control_endpoint(), "g");
  options.close_timeout = 100ms;
  options.on_any([&](const Event& event) { notebook.note(event); });
  std::optional<Consumer> consumer = Consumer::open(std::move(options)).value();
  Publisher moved = std::move(*publisher);
  publish_text(moved, "t.x", "k", "hello");
  BOOST_REQUIRE(notebook.wait_count(1));
  publisher = std::move(moved);
  publisher.reset();
  consumer.reset();
}
