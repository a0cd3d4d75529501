// The dispatcher with Order::key: what follows a failed event of its key is not handled.
#include <boost/test/unit_test.hpp>

#include "dispatcher_fixture.hpp"

using namespace mesh;
using namespace mesh::core;

namespace {

DispatcherSettings ordered(std::uint32_t count, Duration ack_wait = 30s) {
  DispatcherSettings settings = workers(count);
  settings.ordered = true;
  settings.ack_wait = ack_wait;
  return settings;
}

Delivery again(Seq seq, std::string_view key, std::uint32_t attempt = 2) {
  Delivery made = delivery(seq, key);
  made.attempt = attempt;
  made.counted = true;
  return made;
}

/// Takes what may run, one event after the other, as a worker with an order does: a run ends with the first
/// event that is not acked. Gives what was handled.
std::vector<Seq> handle(Dispatcher& dispatcher, std::initializer_list<Seq> failing = {},
                        Completion::Kind kind = Completion::Kind::retry) {
  std::vector<Seq> seen;
  Run run;
  while (dispatcher.take(run, at(0s))) {
    std::vector<Dispatcher::Outcome> outcomes;
    for (const Delivery& one : run.deliveries) {
      seen.push_back(one.event.seq);
      auto& outcome = outcomes.emplace_back();
      if (std::find(failing.begin(), failing.end(), one.event.seq) == failing.end()) continue;
      outcome.kind = kind;
      break;
    }
    dispatcher.shorten(run, outcomes.size());
    dispatcher.finish(run.id, outcomes, at(0s));
  }
  return seen;
}

std::vector<Seq> behind(const std::vector<Completion>& completions) {
  std::vector<Seq> out;
  for (const Completion& one : completions) {
    if (one.kind == Completion::Kind::behind) out.push_back(one.seq);
  }
  return out;
}

using Handled = std::vector<Seq>;

}  // namespace

BOOST_AUTO_TEST_SUITE(dispatcher_order)

BOOST_AUTO_TEST_CASE(what_follows_a_failed_event_of_its_key_is_held_back_and_others_go_on) {
  for (const std::uint32_t count : {1u, 4u}) {
    for (const auto kind : {Completion::Kind::retry, Completion::Kind::park}) {
      Dispatcher dispatcher(ordered(count));
      push(dispatcher, {delivery(1, "k"), delivery(2, "k"), delivery(3, "o"), delivery(4), delivery(5, "k"),
                        delivery(6, "o"), delivery(7, "k", 1)});
      auto seen = handle(dispatcher, {1}, kind);
      std::sort(seen.begin(), seen.end());
      BOOST_TEST(seen == (Handled{1, 3, 4, 6, 7}), boost::test_tools::per_element());
      const auto done = completions(dispatcher);
      BOOST_TEST(behind(done) == (Handled{2, 5}), boost::test_tools::per_element());
      std::uint64_t turn = 0;
      for (const Completion& one : done) {
        if (one.kind == Completion::Kind::ack) continue;
        BOOST_TEST(one.key == key_id("k"));
        BOOST_TEST(one.turn > turn);
        turn = one.turn;
      }
      BOOST_TEST(dispatcher.idle());
      BOOST_TEST(dispatcher.queued_bytes() == 0u);
      push(dispatcher, {delivery(8, "k"), again(1, "k")});
      BOOST_TEST(handle(dispatcher) == (Handled{1}), boost::test_tools::per_element());
      BOOST_TEST(behind(completions(dispatcher)) == (Handled{8}), boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(an_event_whose_handler_runs_out_of_time_blocks_its_key) {
  for (const std::uint32_t count : {1u, 4u}) {
    auto settings = ordered(count, 10s);
    settings.run_max = 1;
    Dispatcher dispatcher(settings);
    push(dispatcher, {delivery(1, "k"), delivery(2, "k"), delivery(3, "o")});
    Run run;
    BOOST_REQUIRE(dispatcher.take(run, at(0s)));
    for (Duration t = 0s; t <= 10s; t += 500ms) dispatcher.expire(at(t));
    auto done = completions(dispatcher);
    BOOST_REQUIRE(done.size() == 1u);
    BOOST_TEST((done[0].reason == Reason::ack_timeout));
    BOOST_TEST(done[0].key == key_id("k"));
    const auto turn = done[0].turn;
    BOOST_TEST(turn != 0u);
    dispatcher.finish_all(run.id, at(10s));  // too late
    BOOST_TEST(handle(dispatcher) == (Handled{3}), boost::test_tools::per_element());
    done = completions(dispatcher);
    BOOST_TEST(behind(done) == (Handled{2}), boost::test_tools::per_element());
    BOOST_TEST(done[0].late);
    BOOST_TEST(done[0].key == key_id("k"));
    BOOST_TEST(done[0].turn == 0u);  // it was an ack: nothing is blocked by it
  }
}

BOOST_AUTO_TEST_CASE(a_redelivery_that_waits_for_a_handler_that_hangs_blocks_its_key_anew) {
  Dispatcher dispatcher(ordered(2, 10s));
  push(dispatcher, {delivery(1, "k")});
  Run run;
  BOOST_REQUIRE(dispatcher.take(run, at(0s)));
  Duration t{0};
  const auto expire = [&] {
    for (const Duration end = t + 10s; t <= end; t += 500ms) dispatcher.expire(at(t));
    return completions(dispatcher);
  };
  const auto first = expire();
  BOOST_REQUIRE(first.size() == 1u);
  push(dispatcher, {again(1, "k")});
  const auto second = expire();
  BOOST_REQUIRE(second.size() == 1u);
  BOOST_TEST(second[0].attempt == 2u);
  BOOST_TEST(second[0].key == key_id("k"));
  BOOST_TEST(second[0].turn > first[0].turn);
}

BOOST_AUTO_TEST_CASE(a_redelivery_that_fails_again_keeps_its_key_blocked) {
  for (const std::uint32_t count : {1u, 4u}) {
    Dispatcher dispatcher(ordered(count));
    push(dispatcher, {delivery(1, "k")});
    handle(dispatcher, {1});
    const auto first = completions(dispatcher).at(0).turn;
    push(dispatcher, {again(1, "k")});
    handle(dispatcher, {1});
    const auto second = completions(dispatcher).at(0).turn;
    BOOST_TEST(second > first);
    dispatcher.change(0, {key_id("k"), false, first});
    push(dispatcher, {delivery(2, "k")});
    BOOST_TEST(handle(dispatcher).empty());
    const auto third = completions(dispatcher).at(0).turn;
    dispatcher.change(0, {key_id("k"), false, second});
    push(dispatcher, {delivery(3, "k")});
    BOOST_TEST(handle(dispatcher).empty());
    completions(dispatcher);
    BOOST_TEST(third > second);
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_was_freed_flows_again) {
  for (const std::uint32_t count : {1u, 4u}) {
    Dispatcher dispatcher(ordered(count));
    dispatcher.change(0, {key_id("k"), true, 0});
    push(dispatcher, {delivery(1, "k"), delivery(2, "k"), delivery(3, "k")});
    Run run;
    BOOST_TEST(!dispatcher.take(run, at(0s)));
    BOOST_TEST(dispatcher.has_completions());
    const auto done = completions(dispatcher);
    BOOST_TEST(behind(done) == (Handled{1, 2, 3}), boost::test_tools::per_element());
    BOOST_TEST(!dispatcher.has_completions());
    dispatcher.change(0, {key_id("k"), false, done.back().turn});
    push(dispatcher, {delivery(4, "k"), delivery(5, "k")});
    BOOST_TEST(handle(dispatcher) == (Handled{4, 5}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(what_is_dropped_takes_the_links_blocked_keys_with_it) {
  for (const std::uint32_t count : {1u, 4u}) {
    Dispatcher dispatcher(ordered(count));
    push(dispatcher, {delivery(1, "k"), delivery(2, "k", 1)});
    handle(dispatcher, {1, 2});
    dispatcher.drop(0, 2);
    completions(dispatcher);
    auto other = delivery(3, "k");
    other.generation = 2;
    push(dispatcher, {other, delivery(4, "k", 1)});
    BOOST_TEST(handle(dispatcher) == (Handled{3}), boost::test_tools::per_element());
    BOOST_TEST(behind(completions(dispatcher)) == (Handled{4}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(without_order_nothing_waits_and_no_key_is_told) {
  for (const std::uint32_t count : {1u, 4u}) {
    Dispatcher dispatcher(workers(count));
    push(dispatcher, {delivery(1, "k"), delivery(2, "k")});
    BOOST_TEST(handle(dispatcher, {1}) == (Handled{1, 2}), boost::test_tools::per_element());
    for (const Completion& one : completions(dispatcher)) {
      BOOST_TEST((one.kind != Completion::Kind::behind));
      BOOST_TEST(one.key == 0u);
      BOOST_TEST(one.turn == 0u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
