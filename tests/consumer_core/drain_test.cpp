// Slots that are asked back while events of them are queued or with a worker.
#include <boost/test/unit_test.hpp>

#include "dispatcher_fixture.hpp"

using namespace mesh;
using namespace mesh::core;

BOOST_AUTO_TEST_SUITE(drain)

BOOST_AUTO_TEST_CASE(drained_slots_are_told_when_nothing_of_them_runs_and_after_its_outcome) {
  Dispatcher dispatcher(workers(2));
  std::vector<Delivery> list{delivery(1), delivery(2), delivery(3), delivery(4)};
  for (auto& one : list) one.event.slot = static_cast<Slot>(one.event.seq);
  dispatcher.push(list);
  Run first, second;
  BOOST_REQUIRE(dispatcher.take(first, at(0s)));
  BOOST_REQUIRE(dispatcher.take(second, at(0s)));
  dispatcher.drain(0, 0b1010, 1);  // 1 runs, 3 is queued
  auto told = completions(dispatcher);
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_TEST(told[0].dropped);
  BOOST_TEST(told[0].seq == 3u);
  BOOST_TEST(told[0].slots == all_slots);  // what it covers of the others is settled
  BOOST_TEST(told[1].drained);
  BOOST_TEST(told[1].slots == 0b1000u);
  dispatcher.finish_all(second.id, at(1s));
  BOOST_TEST(completions(dispatcher).size() == 1u);
  dispatcher.finish_all(first.id, at(1s));
  told = completions(dispatcher);
  BOOST_REQUIRE(told.size() == 2u);
  BOOST_TEST(told[0].seq == 1u);
  BOOST_TEST(told[1].drained);
  BOOST_TEST(told[1].slots == 0b10u);
  BOOST_TEST(dispatcher.queued() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_run_gives_back_of_drained_slots_is_let_go) {
  Dispatcher dispatcher(workers(1));
  std::vector<Delivery> list{delivery(1), delivery(2), delivery(3)};
  for (auto& one : list) one.event.slot = static_cast<Slot>(one.event.seq);
  dispatcher.push(list);
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(0s)));
  BOOST_REQUIRE(run.deliveries.size() == 3u);
  dispatcher.drain(0, 0b100, 1);
  BOOST_TEST(completions(dispatcher).empty());
  dispatcher.shorten(run, 1);
  dispatcher.finish_all(run.id, at(1s));
  const auto told = completions(dispatcher);
  BOOST_REQUIRE(told.size() == 3u);
  BOOST_TEST(told[0].dropped);
  BOOST_TEST(told[0].seq == 2u);
  BOOST_TEST(told[1].seq == 1u);
  BOOST_TEST(told[2].drained);
  BOOST_REQUIRE(dispatcher.take(run, at(1s)));
  BOOST_TEST(run.deliveries.at(0).event.seq == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
