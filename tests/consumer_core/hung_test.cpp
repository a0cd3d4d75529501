// Handlers that do not return.
#include <boost/test/unit_test.hpp>

#include "dispatcher_fixture.hpp"

using namespace mesh;
using namespace mesh::core;

BOOST_AUTO_TEST_SUITE(hung)

BOOST_AUTO_TEST_CASE(a_handler_that_never_returns_costs_its_event_all_attempts_and_takes_one_worker) {
  auto settings = workers(2);
  settings.ack_wait = 10s;
  Dispatcher dispatcher(settings);
  push(dispatcher, {delivery(1)});
  Run hung;
  BOOST_REQUIRE(dispatcher.take(hung, at(0s)));
  for (Duration t = 0s; t <= 10s; t += 500ms) dispatcher.expire(at(t));
  auto done = completions(dispatcher);
  BOOST_REQUIRE(done.size() == 1u);
  BOOST_TEST((done[0].reason == Reason::ack_timeout));

  Duration t = 20s;
  for (std::uint32_t attempt = 2; attempt <= 3; ++attempt) {
    auto again = delivery(1);
    again.attempt = attempt;
    again.counted = true;
    push(dispatcher, {again});
    BOOST_TEST(dispatcher.queued() == 1u);
    Run none;
    BOOST_TEST(!dispatcher.take(none, at(t)));
    BOOST_REQUIRE(dispatcher.next_deadline().has_value());
    for (const Duration end = t + 10s; t <= end; t += 500ms) {
      BOOST_TEST(completions(dispatcher).empty());
      dispatcher.expire(at(t));
    }
    done = completions(dispatcher);
    BOOST_REQUIRE(done.size() == 1u);
    BOOST_TEST(done[0].attempt == attempt);
    BOOST_TEST(done[0].counted);
    BOOST_TEST((done[0].kind == Completion::Kind::retry && done[0].reason == Reason::ack_timeout));
    BOOST_TEST(dispatcher.queued() == 0u);
  }
  // The other worker is free for others all the while.
  push(dispatcher, {delivery(2)});
  Run other;
  BOOST_TEST(dispatcher.take(other, at(t)));
}

BOOST_AUTO_TEST_CASE(a_handler_that_asks_for_more_time_gets_it_for_the_redelivery_that_waits_for_it_too) {
  auto settings = workers(2);
  settings.ack_wait = 10s;
  Dispatcher dispatcher(settings);
  push(dispatcher, {delivery(1)});
  Run slow;
  BOOST_REQUIRE(dispatcher.take(slow, at(0s)));
  auto again = delivery(1);
  again.attempt = 2;
  again.counted = true;
  push(dispatcher, {again});
  for (Duration t = 0s; t <= 30s; t += 500ms) {
    dispatcher.extend(slow.id, at(t));
    dispatcher.expire(at(t));
  }
  BOOST_TEST(completions(dispatcher).empty());
  for (Duration t = 30s; t <= 40s; t += 500ms) dispatcher.expire(at(t));
  BOOST_TEST(completions(dispatcher).size() == 2u);
}

BOOST_AUTO_TEST_CASE(
    a_redelivery_is_handled_once_the_earlier_handler_has_returned_and_can_be_dropped_before) {
  Dispatcher dispatcher(workers(2));
  push(dispatcher, {delivery(1)});
  Run first;
  BOOST_REQUIRE(dispatcher.take(first, at(0s)));
  auto again = delivery(1);
  again.attempt = 2;
  again.counted = true;
  push(dispatcher, {delivery(5), again, delivery(6)});
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(1s)));
  BOOST_TEST(run.deliveries[0].event.seq == 5u);
  dispatcher.finish_all(run.id, at(1s));
  dispatcher.finish_all(first.id, at(2s));
  BOOST_REQUIRE(dispatcher.take(run, at(2s)));
  BOOST_TEST(run.deliveries[0].event.seq == 6u);
  BOOST_REQUIRE(dispatcher.take(first, at(2s)));
  BOOST_TEST(first.deliveries[0].attempt == 2u);
  completions(dispatcher);

  again.attempt = 3;
  push(dispatcher, {again});
  dispatcher.drop_queued();
  const auto done = completions(dispatcher);
  BOOST_REQUIRE(done.size() == 1u);
  BOOST_TEST(done[0].dropped);
  BOOST_TEST(dispatcher.queued() == 0u);
}

BOOST_AUTO_TEST_CASE(a_handler_has_returned_when_its_worker_begins_the_next_event_of_the_run) {
  auto settings = workers(1);
  settings.ack_wait = 10s;
  Dispatcher dispatcher(settings);
  push(dispatcher, {delivery(1), delivery(2)});
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(0s)));
  for (Duration t = 0s; t <= 10s; t += 500ms) dispatcher.expire(at(t));
  BOOST_TEST(completions(dispatcher).size() == 1u);
  auto again = delivery(1);
  again.attempt = 2;
  again.counted = true;
  push(dispatcher, {again});
  dispatcher.progress(run.id, 1, at(11s));
  for (Duration t = 11s; t <= 20s; t += 500ms) dispatcher.expire(at(t));
  BOOST_TEST(completions(dispatcher).empty());
  dispatcher.finish_all(run.id, at(20s));
  BOOST_REQUIRE(dispatcher.take(run, at(20s)));
  BOOST_TEST(run.deliveries[0].attempt == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
