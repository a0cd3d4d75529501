// What a group gets, and when: restarts, absence, several groups, several publishers.
#include <zmq.h>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

namespace {

Consumer note_everything(const std::string& publisher, const std::string& group, Notebook& notebook) {
  auto options = consumer_options(publisher, group);
  options.on_any([&notebook](const Event& event) { notebook.note(event); });
  return Consumer::open(std::move(options)).value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_restart_after_a_clean_close_redelivers_nothing) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook first;
  {
    auto consumer = note_everything(publisher.control_endpoint(), "g", first);
    for (int i = 0; i < 500; ++i) publish_text(publisher, "t.x", "k", std::to_string(i));
    BOOST_REQUIRE(first.wait_count(500));
    BOOST_TEST(consumer.close(patience).ok());
  }
  Notebook second;
  auto consumer = note_everything(publisher.control_endpoint(), "g", second);
  const auto last = publish_text(publisher, "t.x", "k", "new");
  BOOST_REQUIRE(second.wait_count(1));
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
  BOOST_TEST(second.payloads() == std::vector<std::string>{"new"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_group_gets_what_was_published_while_its_consumer_was_down) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook first;
  BOOST_TEST(note_everything(publisher.control_endpoint(), "g", first).wait_caught_up(patience).ok());
  for (int i = 0; i < 3000; ++i) publish_text(publisher, "t.x", "k", std::to_string(i));
  Notebook second;
  auto consumer = note_everything(publisher.control_endpoint(), "g", second);
  BOOST_REQUIRE(second.wait_count(3000));
  const auto payloads = second.payloads();
  for (std::size_t i = 0; i < payloads.size(); ++i) BOOST_REQUIRE(payloads[i] == std::to_string(i));
  BOOST_TEST(first.count() == 0u);
  BOOST_TEST(consumer.stats().total.fetched > 0u);
}

BOOST_AUTO_TEST_CASE(lone_events_that_were_committed_one_by_one_are_fetched_in_order) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  for (int i = 0; i < 2000; ++i) {
    const auto text = std::to_string(i);
    BOOST_REQUIRE(publisher.publish("t.x", as_bytes(text)).value().wait(patience).ok());
  }
  Notebook notebook;
  auto consumer = note_everything(publisher.control_endpoint(), "g", notebook);
  BOOST_REQUIRE(notebook.wait_count(2000));
  const auto payloads = notebook.payloads();
  for (std::size_t i = 0; i < payloads.size(); ++i) BOOST_REQUIRE(payloads[i] == std::to_string(i));
}

BOOST_AUTO_TEST_CASE(every_group_gets_its_own_prefixes) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook bookings;
  Notebook payments;
  auto wants_bookings = consumer_options(publisher.control_endpoint(), "one");
  wants_bookings.on("booking.", [&](const Event& event) { bookings.note(event); });
  auto one = Consumer::open(std::move(wants_bookings)).value();
  auto wants_payments = consumer_options(publisher.control_endpoint(), "two");
  wants_payments.on("payment.", [&](const Event& event) { payments.note(event); });
  auto two = Consumer::open(std::move(wants_payments)).value();
  Seq last = 0;
  for (int i = 0; i < 100; ++i) {
    publish_text(publisher, "booking.created", "b", std::to_string(i));
    publish_text(publisher, "payment.made", "p", std::to_string(i));
    last = publish_text(publisher, "other.thing", "o", std::to_string(i));
  }
  BOOST_REQUIRE(bookings.wait_count(100));
  BOOST_REQUIRE(payments.wait_count(100));
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
  for (const auto& seen : bookings.seen()) BOOST_REQUIRE(seen.topic == "booking.created");
  for (const auto& seen : payments.seen()) BOOST_REQUIRE(seen.topic == "payment.made");
  BOOST_TEST(bookings.count() == 100u);
  BOOST_TEST(payments.count() == 100u);
}

BOOST_AUTO_TEST_CASE(one_consumer_takes_from_two_publishers) {
  TempDirectory directory;
  auto bookings = Publisher::open(publisher_options(directory, "bookings")).value();
  auto payments = Publisher::open(publisher_options(directory, "payments")).value();
  Latch latch;
  std::map<std::string, int> counts;
  auto options = consumer_options(bookings.control_endpoint(), "g");
  options.publishers.push_back(payments.control_endpoint());
  options.on_any([&](const Event& event) { latch.change([&] { ++counts[event.publisher_name()]; }); });
  auto consumer = Consumer::open(std::move(options)).value();
  for (int i = 0; i < 50; ++i) {
    publish_text(bookings, "a.b", "k", "x");
    publish_text(payments, "a.b", "k", "x");
  }
  BOOST_TEST(latch.wait([&] { return counts["bookings"] == 50 && counts["payments"] == 50; }));
  const auto stats = consumer.stats();
  BOOST_REQUIRE(stats.links.size() == 2u);
  BOOST_TEST((stats.links[0].origin == bookings.identity().origin));
  BOOST_TEST((stats.links[1].origin == payments.identity().origin));
}

BOOST_AUTO_TEST_CASE(a_publisher_that_restarts_is_found_again_and_nothing_is_lost_or_repeated) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "ipc://" + (directory / "control");
  auto publisher = std::make_unique<Publisher>(Publisher::open(options).value());
  Notebook notebook;
  auto consumer = note_everything(publisher->control_endpoint(), "g", notebook);
  publish_text(*publisher, "t.x", "k", "before");
  BOOST_REQUIRE(notebook.wait_count(1));
  BOOST_TEST(publisher->close(patience).ok());
  publisher.reset();
  publisher = std::make_unique<Publisher>(Publisher::open(options).value());
  BOOST_TEST((publisher->identity().opened == Opened::clean));
  publish_text(*publisher, "t.x", "k", "after");
  BOOST_REQUIRE(notebook.wait_count(2));
  const auto last = publish_text(*publisher, "t.x", "k", "end");
  BOOST_TEST(publisher->wait_settled(last, patience).ok());
  const std::vector<std::string> expected{"before", "after", "end"};
  BOOST_TEST(notebook.payloads() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_publisher_that_restarts_is_found_again_over_inproc) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "inproc://restarting";
  auto publisher = std::make_unique<Publisher>(Publisher::open(options).value());
  Notebook notebook;
  auto consumer = note_everything(publisher->control_endpoint(), "g", notebook);
  publish_text(*publisher, "t.x", "k", "before");
  BOOST_REQUIRE(notebook.wait_count(1));
  publisher.reset();
  publisher = std::make_unique<Publisher>(Publisher::open(options).value());
  publish_text(*publisher, "t.x", "k", "after");
  BOOST_TEST(notebook.wait_count(2, 40s));
}

BOOST_AUTO_TEST_CASE(a_consumer_may_be_opened_before_its_publisher) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.control = "ipc://" + (directory / "late");
  Notebook notebook;
  auto consumer = note_everything(options.control, "g", notebook);
  BOOST_TEST(!consumer.wait_caught_up(0s).ok());
  auto publisher = Publisher::open(options).value();
  publish_text(publisher, "t.x", "k", "hello");
  BOOST_TEST(notebook.wait_count(1));
  BOOST_TEST(consumer.close(patience).ok());
}

BOOST_AUTO_TEST_CASE(a_service_can_keep_both_ends_in_a_context_of_its_own) {
  TempDirectory directory;
  void* context = zmq_ctx_new();
  {
    auto options = publisher_options(directory);
    options.control = "inproc://emitter";
    options.zmq_context = context;
    auto publisher = Publisher::open(options).value();
    Notebook notebook;
    auto wanted = consumer_options("inproc://emitter", "g");
    wanted.zmq_context = context;
    wanted.on_any([&](const Event& event) { notebook.note(event); });
    auto consumer = Consumer::open(std::move(wanted)).value();
    publish_text(publisher, "t.x", "k", "hello");
    BOOST_TEST(notebook.wait_count(1));
  }
  BOOST_TEST(zmq_ctx_term(context) == 0);
}

BOOST_AUTO_TEST_CASE(a_watcher_sees_events_and_settles_nothing) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.groups.push_back({"real", {}, {}, {}});
  auto publisher = Publisher::open(options).value();
  const auto seq = publish_text(publisher, "t.x", "k", "hello");
  Notebook notebook;
  auto consumer = note_everything(publisher.control_endpoint(), "", notebook);
  BOOST_REQUIRE(notebook.wait_count(1));
  BOOST_TEST(consumer.wait_caught_up(patience).ok());
  BOOST_TEST(!publisher.settled(seq));
  const auto groups = publisher.groups().value();
  BOOST_REQUIRE(groups.groups.size() == 1u);
  BOOST_TEST(groups.groups.front().lag == 1u);
}

BOOST_AUTO_TEST_CASE(direct_delivery_is_complete) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.delivery = DeliveryPath::direct;
  options.on_any([&](const Event& event) { notebook.note(event); });
  auto consumer = Consumer::open(std::move(options)).value();
  for (int i = 0; i < 1000; ++i) publish_text(publisher, "t.x", "k", std::to_string(i));
  BOOST_REQUIRE(notebook.wait_count(1000));
  BOOST_TEST(consumer.stats().total.live == 0u);
}

BOOST_AUTO_TEST_CASE(events_of_any_allowed_size_arrive_whole) {
  TempDirectory directory;
  auto options = publisher_options(directory);
  options.segment_size = 64u << 20;
  auto publisher = Publisher::open(options).value();
  Notebook notebook;
  auto consumer = note_everything(publisher.control_endpoint(), "g", notebook);
  BOOST_REQUIRE(consumer.wait_caught_up(patience).ok());
  std::vector<std::string> sent;
  for (const std::size_t size :
       {0u, 1u, 300u, 70'000u, 255'000u, 262'144u, 300'000u, 1'000'000u, 12u, 1'048'400u, 5u}) {
    sent.emplace_back(size, 'x');
    publish_text(publisher, "t.x", "k", sent.back());
  }
  BOOST_REQUIRE(notebook.wait_count(sent.size()));
  BOOST_TEST((notebook.payloads() == sent));
  BOOST_TEST(consumer.stats().total.reconnects == 0u);
}
