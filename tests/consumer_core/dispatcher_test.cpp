#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

#include "dispatcher_fixture.hpp"

using namespace mesh;
using namespace mesh::core;

BOOST_AUTO_TEST_SUITE(dispatcher)

BOOST_AUTO_TEST_CASE(one_worker_gets_runs_in_order_and_one_range_comes_back) {
  auto settings = workers(1);
  settings.run_max = 3;
  Dispatcher dispatcher(settings);
  push(dispatcher, {delivery(1), delivery(2), delivery(3), delivery(4)});
  BOOST_TEST(dispatcher.queued() == 4u);
  BOOST_TEST(dispatcher.queued_bytes() == 40u);
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(0s)));
  BOOST_TEST(run.deliveries.size() == 3u);
  BOOST_TEST(run.deliveries[2].event.seq == 3u);
  Run none;
  BOOST_TEST(!dispatcher.take(none, at(0s)));
  dispatcher.finish_all(run.id, at(1s));
  const auto done = completions(dispatcher);
  BOOST_REQUIRE(done.size() == 1u);
  BOOST_TEST(done[0].seq == 1u);
  BOOST_TEST(done[0].covers_to == 3u);
  BOOST_TEST(done[0].events == 3u);
  BOOST_TEST(done[0].bytes == 30u);
  BOOST_TEST(dispatcher.take(run, at(1s)));
  dispatcher.finish_all(run.id, at(1s));
  BOOST_TEST(dispatcher.idle());
  BOOST_TEST(dispatcher.queued_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(acks_are_merged_only_where_they_touch) {
  Dispatcher dispatcher(workers(1));
  std::vector<Delivery> list{delivery(1), delivery(2), delivery(4), delivery(5, {}, 1),
                             delivery(6), delivery(7), delivery(8), delivery(9)};
  list[0].covers_to = 1;
  list[4].generation = 2;
  list[6].counted = true;
  dispatcher.push(list);
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(0s)));
  std::vector<Dispatcher::Outcome> outcomes(8);
  outcomes[1].kind = Completion::Kind::park;
  outcomes[1].text = "bad";
  outcomes[1].took = 3ms;
  dispatcher.finish(run.id, outcomes, at(1s));
  const auto done = completions(dispatcher);
  BOOST_TEST(done.size() == 8u);
  BOOST_TEST((done[1].kind == Completion::Kind::park));
  BOOST_TEST(done[1].text == "bad");
  BOOST_TEST((done[1].took == 3ms));
}

BOOST_AUTO_TEST_CASE(a_handler_past_ack_wait_is_reported_once_and_only_its_ack_comes_late) {
  for (const auto kind : {Completion::Kind::ack, Completion::Kind::retry}) {
    Dispatcher dispatcher(workers(1));
    push(dispatcher, {delivery(1), delivery(2), delivery(3)});
    Run run;
    dispatcher.take(run, at(0s));
    dispatcher.progress(run.id, 1, at(1s));
    for (auto now = 1s; now <= 40s; ++now) dispatcher.expire(at(now));
    auto done = completions(dispatcher);
    BOOST_REQUIRE(done.size() == 1u);
    BOOST_TEST(done[0].seq == 2u);
    BOOST_TEST((done[0].kind == Completion::Kind::retry));
    BOOST_TEST((done[0].reason == Reason::ack_timeout));
    BOOST_TEST(done[0].text == "no verdict within 30s");
    BOOST_TEST((done[0].took == 30s));
    BOOST_TEST(!done[0].late);
    std::vector<Dispatcher::Outcome> outcomes(3);
    outcomes[1].kind = kind;
    dispatcher.finish(run.id, outcomes, at(41s));
    done = completions(dispatcher);
    const bool acked = kind == Completion::Kind::ack;
    BOOST_REQUIRE(done.size() == (acked ? 3u : 2u));
    if (acked) BOOST_TEST(done[1].late);
    BOOST_TEST(!done.front().late);
    BOOST_TEST(!done.back().late);
  }
}

BOOST_AUTO_TEST_CASE(extending_and_standing_still_do_not_cost_an_attempt) {
  Dispatcher dispatcher(workers(1));
  push(dispatcher, {delivery(1)});
  Run run;
  dispatcher.take(run, at(0s));
  Duration now{0};
  const auto pass = [&](Duration duration) {
    const auto end = now + duration;
    while (dispatcher.next_deadline() && *dispatcher.next_deadline() <= end) {
      now = std::max(now, *dispatcher.next_deadline());
      dispatcher.expire(at(now));
    }
    now = end;
  };
  pass(29s);
  dispatcher.extend(run.id, at(now));
  pass(29s);
  now += 600s;
  dispatcher.expire(at(now));
  BOOST_TEST(completions(dispatcher).empty());
  pass(1600ms);
  BOOST_TEST(completions(dispatcher).size() == 1u);
}

BOOST_AUTO_TEST_CASE(dropping_reports_what_never_started_and_leaves_what_runs) {
  for (const std::uint32_t count : {1u, 2u}) {
    auto settings = workers(count);
    settings.run_max = 1;
    Dispatcher dispatcher(settings);
    push(dispatcher,
         {delivery(1, "k"), delivery(2, "k"), delivery(3, "k", 1), delivery(4), delivery(5, "j")});
    Run run;
    BOOST_REQUIRE(dispatcher.take(run, at(0s)));
    dispatcher.drop(0, 2);
    auto done = completions(dispatcher);
    BOOST_REQUIRE(done.size() == 1u);
    BOOST_TEST(done[0].dropped);
    BOOST_TEST(done[0].events == 3u);
    BOOST_TEST(done[0].bytes == 30u);
    BOOST_TEST(dispatcher.queued() == 1u);
    auto next = delivery(6, "k");
    next.generation = 2;
    push(dispatcher, {next});
    Run other;
    if (count == 2) {
      BOOST_REQUIRE(dispatcher.take(other, at(0s)));
      BOOST_TEST(other.deliveries[0].event.seq == 3u);
      dispatcher.finish_all(other.id, at(0s));
      BOOST_TEST(!dispatcher.take(other, at(0s)));  // the old event of that key still runs
    }
    dispatcher.drop_queued();
    dispatcher.finish_all(run.id, at(0s));
    BOOST_TEST(dispatcher.idle());
    BOOST_TEST(dispatcher.queued_bytes() == 0u);
    push(dispatcher, {delivery(7, "k")});
    BOOST_REQUIRE(dispatcher.take(run, at(0s)));
    BOOST_TEST(run.deliveries[0].event.seq == 7u);
  }
}

BOOST_AUTO_TEST_CASE(a_key_keeps_its_order_and_others_pass_whatever_the_order_of_finishing) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    const auto count = static_cast<std::uint32_t>(1 + pick(6));
    Dispatcher dispatcher(workers(count));
    const std::vector<std::string> keys{"a", "b", "c", "d"};
    const auto link_count = 1 + pick(2);
    std::map<std::pair<LinkId, std::string>, std::vector<Seq>> pushed, handled;
    std::set<std::pair<LinkId, std::string>> busy;
    std::vector<Run> running;
    std::size_t total = 0, finished = 0;
    Seq seq = 0;
    const auto idle_worker_while_something_could_run = [&] {
      Run run;
      return running.size() < count && dispatcher.take(run, at(0s));
    };
    for (int step = 0; step < 600; ++step) {
      if (step < 300 && pick(3) == 0) {
        std::vector<Delivery> list;
        for (std::size_t i = 0; i < 1 + pick(8); ++i) {
          const auto link = static_cast<LinkId>(pick(link_count));
          const auto key = pick(5);
          list.push_back(
              delivery(++seq, key < 4 ? std::optional<std::string_view>(keys[key]) : std::nullopt, link));
          if (key < 4) pushed[{link, keys[key]}].push_back(seq);
          ++total;
        }
        dispatcher.push(list);
      }
      Run run;
      if (dispatcher.take(run, at(0s))) {
        BOOST_REQUIRE(running.size() < count);
        for (const auto& taken : run.deliveries) {
          if (!taken.event.key) continue;
          const std::pair lane{taken.link, std::string(*taken.event.key)};
          if (count > 1) BOOST_REQUIRE(busy.insert(lane).second);
          handled[lane].push_back(taken.event.seq);
        }
        running.push_back(std::move(run));
      } else if (running.empty()) {
        BOOST_REQUIRE(dispatcher.queued() == 0u);
      }
      if (!running.empty() && pick(2) == 0) {
        const auto which = pick(running.size());
        std::swap(running[which], running.back());
        for (const auto& done : running.back().deliveries) {
          if (done.event.key) busy.erase({done.link, std::string(*done.event.key)});
        }
        finished += running.back().deliveries.size();
        dispatcher.finish_all(running.back().id, at(0s));
        running.pop_back();
      }
    }
    while (!running.empty() || dispatcher.queued() > 0) {
      for (auto& run : running) {
        finished += run.deliveries.size();
        dispatcher.finish_all(run.id, at(0s));
      }
      running.clear();
      Run run;
      while (dispatcher.take(run, at(0s))) {
        for (const auto& taken : run.deliveries) {
          if (taken.event.key)
            handled[{taken.link, std::string(*taken.event.key)}].push_back(taken.event.seq);
        }
        running.push_back(std::move(run));
      }
      BOOST_REQUIRE(!running.empty() || dispatcher.queued() == 0u);
    }
    BOOST_TEST(!idle_worker_while_something_could_run());
    BOOST_TEST((handled == pushed), "seed " << seed);
    BOOST_TEST(finished == total);
    std::size_t completed = 0;
    for (const auto& completion : completions(dispatcher)) completed += completion.events;
    BOOST_TEST(completed == total);
    BOOST_TEST(dispatcher.idle());
  }
}

BOOST_AUTO_TEST_CASE(an_event_that_was_held_back_goes_before_younger_ones) {
  Dispatcher dispatcher(workers(2));
  push(dispatcher, {delivery(1, "k"), delivery(2, "k"), delivery(3), delivery(4), delivery(5)});
  Run first, second;
  dispatcher.take(first, at(0s));
  dispatcher.take(second, at(0s));
  BOOST_TEST(second.deliveries[0].event.seq == 3u);
  dispatcher.finish_all(first.id, at(0s));
  dispatcher.take(first, at(0s));
  BOOST_TEST(first.deliveries[0].event.seq == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
