// Several handlers at once: events of one key stay in order and apart.
#include <atomic>
#include <set>
#include <thread>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

BOOST_AUTO_TEST_CASE(events_of_one_key_are_handled_in_order_and_never_two_at_once) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Latch latch;
  std::map<std::string, std::vector<int>> order;
  std::set<std::string> running;
  int count = 0;
  bool overlapped = false;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.concurrency = 4;
  options.on_any([&](const Event& event) {
    const std::string key(*event.key());
    latch.change([&] { overlapped = overlapped || !running.insert(key).second; });
    latch.change([&] {
      running.erase(key);
      order[key].push_back(event.as<int>());
      ++count;
    });
  });
  auto consumer = Consumer::open(std::move(options)).value();
  for (int i = 0; i < 4000; ++i) publisher.publish("t.x", "k" + std::to_string(i % 7), pack(i)).value();
  BOOST_REQUIRE(latch.wait([&] { return count == 4000; }));
  BOOST_TEST(!overlapped);
  for (const auto& [key, numbers] : order) BOOST_TEST(std::is_sorted(numbers.begin(), numbers.end()));
  BOOST_TEST(order.size() == 7u);
}

BOOST_AUTO_TEST_CASE(as_many_handlers_run_at_once_as_were_asked_for) {
  TempDirectory directory;
  auto publisher_wanted = publisher_options(directory);
  publisher_wanted.groups.push_back({"g", {}, {}, {}});
  auto publisher = Publisher::open(publisher_wanted).value();
  Latch latch;
  int running = 0;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.concurrency = 3;
  options.on_any([&](const Event&) {
    latch.change([&] { ++running; });
    latch.wait([&] { return running >= 3; });
  });
  auto consumer = Consumer::open(std::move(options)).value();
  Seq last = 0;
  for (int i = 0; i < 3; ++i) last = publish_text(publisher, "t.x", "k" + std::to_string(i), "x");
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
}

BOOST_AUTO_TEST_CASE(many_threads_may_publish_at_once) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Latch latch;
  std::map<std::string, std::vector<int>> order;
  int count = 0;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.on_any([&](const Event& event) {
    latch.change([&] {
      order[std::string(*event.key())].push_back(event.as<int>());
      ++count;
    });
  });
  auto consumer = Consumer::open(std::move(options)).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) publisher.publish("t.x", "k" + std::to_string(t), pack(i)).value();
    });
  for (auto& thread : threads) thread.join();
  BOOST_REQUIRE(latch.wait([&] { return count == 8000; }));
  for (const auto& [key, numbers] : order) {
    BOOST_REQUIRE(numbers.size() == 2000u);
    for (int i = 0; i < 2000; ++i) BOOST_REQUIRE(numbers[static_cast<std::size_t>(i)] == i);
  }
}
