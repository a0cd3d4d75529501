#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/dispatcher.hpp>

using namespace mesh;
using namespace mesh::core;

namespace {

std::vector<Delivery> deliveries(Seq first, Seq last, std::uint32_t generation) {
  std::vector<Delivery> list;
  for (Seq seq = first; seq <= last; ++seq) {
    auto& delivery = list.emplace_back();
    delivery.event.seq = delivery.covers_to = seq;
    delivery.generation = generation;
  }
  return list;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shorten)

BOOST_AUTO_TEST_CASE(what_a_run_gives_back_is_next_again) {
  DispatcherSettings settings;
  settings.run_max = 4;
  Dispatcher dispatcher(settings);
  auto list = deliveries(1, 6, 1);
  dispatcher.push(list);
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, {}));
  dispatcher.shorten(run, 2);
  dispatcher.finish_all(run.id, {});
  BOOST_TEST(dispatcher.queued() == 4u);
  std::vector<Completion> done;
  dispatcher.take_completions(done);
  BOOST_REQUIRE(done.size() == 1u);
  BOOST_TEST(done[0].covers_to == 2u);
  BOOST_TEST(done[0].events == 2u);
  BOOST_REQUIRE(dispatcher.take(run, {}));
  BOOST_TEST(run.deliveries.front().event.seq == 3u);
  BOOST_TEST(run.deliveries.size() == 4u);
}

BOOST_AUTO_TEST_CASE(what_was_dropped_meanwhile_is_let_go_and_newer_generations_stay) {
  Dispatcher dispatcher(DispatcherSettings{});
  auto list = deliveries(1, 6, 1);
  dispatcher.push(list);
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, {}));
  dispatcher.drop(0, 2);
  list = deliveries(3, 6, 2);
  dispatcher.push(list);
  dispatcher.shorten(run, 2);
  dispatcher.finish_all(run.id, {});
  std::vector<Completion> done;
  dispatcher.take_completions(done);
  std::uint32_t dropped = 0;
  for (const auto& completion : done) dropped += completion.dropped ? completion.events : 0;
  BOOST_TEST(dropped == 4u);
  BOOST_TEST(dispatcher.queued() == 4u);
  BOOST_REQUIRE(dispatcher.take(run, {}));
  BOOST_TEST(run.deliveries.front().generation == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
