#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(live)

BOOST_AUTO_TEST_CASE(contiguous_messages_are_delivered_without_a_fetch) {
  Link link;
  link.go_live(10);
  const auto fetches = link.count<Fetch>();
  link.live(live_of(10, items(11, 13)));
  link.live(live_of(13, items(20, 21)));
  const std::vector<Seq> expected{11, 12, 13, 20, 21};
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  BOOST_TEST(link.count<Fetch>() == fetches);
  BOOST_TEST(link.core.counters().live == 5u);
  BOOST_TEST(link.core.counters().gaps == 0u);
}

BOOST_AUTO_TEST_CASE(a_lost_message_is_noticed_by_the_next_and_fetched) {
  Link link;
  link.go_live(10);
  link.live(live_of(12, items(13, 14)));
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.core.counters().gaps == 1u);
  BOOST_TEST(is(link, Phase::catching_up));
  BOOST_TEST(link.last<Fetch>().after == 10u);
  link.live(live_of(14, items(15, 16)));  // waits
  link.give(link.answer(items(11, 12), 12, 14));
  BOOST_TEST(link.seqs() == range(11, 16), boost::test_tools::per_element());
  BOOST_TEST(is(link, Phase::live));
  BOOST_TEST(link.core.counters().gaps == 1u);
}

BOOST_AUTO_TEST_CASE(a_lost_tail_is_noticed_by_the_heartbeat) {
  Link link;
  link.go_live(10);
  const auto fetches = link.count<Fetch>();
  link.live(heartbeat_of(10, 25));
  BOOST_TEST(link.core.position() == 25u);
  BOOST_TEST(link.count<Fetch>() == fetches);
  link.live(heartbeat_of(27, 30));
  BOOST_TEST(link.core.counters().gaps == 1u);
  BOOST_TEST(link.last<Fetch>().after == 25u);
}

BOOST_AUTO_TEST_CASE(a_heartbeat_settles_what_is_not_ours) {
  Link link;
  link.go_live(10);
  link.live(heartbeat_of(10, 25));
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 25u);
}

BOOST_AUTO_TEST_CASE(held_messages_that_fetch_covered_are_dropped_and_counted_as_duplicates) {
  Link link;
  link.attach(0, 4);
  link.live(live_of(2, items(3, 4)));
  link.live(live_of(4, items(5, 6)));
  link.give(link.answer(items(1, 5), 5, 6));
  BOOST_TEST(link.seqs() == range(1, 6), boost::test_tools::per_element());
  BOOST_TEST(link.core.counters().duplicates == 3u);
  BOOST_TEST(link.core.counters().gaps == 0u);
  BOOST_TEST(is(link, Phase::live));
}

BOOST_AUTO_TEST_CASE(a_message_that_comes_again_is_not_delivered_again) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  link.live(live_of(0, items(1, 3)));
  BOOST_TEST(link.seqs() == range(1, 3), boost::test_tools::per_element());
  BOOST_TEST(link.core.counters().duplicates == 3u);
  BOOST_TEST(is(link, Phase::live));
}

BOOST_AUTO_TEST_CASE(held_messages_over_the_bound_are_dropped_and_memory_stays_bounded) {
  auto settings = member_settings();
  settings.hold_bytes = 4096;
  Link link(settings);
  link.attach(0, 0);
  for (Seq seq = 1; seq <= 100; ++seq) link.live(live_of(seq - 1, items(seq, seq)));
  BOOST_TEST(link.core.counters().demotions == 1u);
  BOOST_TEST(!link.listens);
  link.give(link.answer(items(1, 100), 100, 100));
  BOOST_TEST(link.listens);
  link.give(link.answer({}, 100, 100));
  link.live(live_of(100, items(101, 101)));
  BOOST_TEST(link.seqs() == range(1, 101), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_full_window_demotes_to_fetch_and_back) {
  auto settings = member_settings();
  settings.window_events = 4;
  Link link(settings);
  link.go_live();
  link.live(live_of(0, items(1, 4)));
  BOOST_TEST(is(link, Phase::live));
  const auto fetches = link.count<Fetch>();
  link.live(live_of(4, items(5, 6)));
  BOOST_TEST(is(link, Phase::catching_up));
  BOOST_TEST(link.core.counters().demotions == 1u);
  BOOST_TEST(link.count<Fetch>() == fetches);
  link.handle_all();
  BOOST_TEST(link.last<Fetch>().after == 4u);
  BOOST_TEST(!link.listens);
  link.give(link.answer(items(5, 6), 6, 6));
  BOOST_TEST(link.listens);
  link.give(link.answer({}, 6, 6));
  BOOST_TEST(is(link, Phase::live));
  BOOST_TEST(link.core.counters().gaps == 0u);
  BOOST_TEST(link.seqs() == range(5, 6), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(far_behind_it_listens_again_when_one_more_answer_will_reach_the_head) {
  auto settings = member_settings();
  settings.hold_bytes = 4096;
  Link link(settings);
  link.attach(0, 0);
  for (Seq seq = 1; seq <= 100; ++seq) link.live(live_of(seq - 1, items(seq, seq)));
  BOOST_TEST(!link.listens);
  link.give(link.answer(items(1, 20), 20, 100));
  link.give(link.answer(items(21, 59), 59, 100));
  BOOST_TEST(!link.listens);
  link.pass(4500ms);  // and misses no sign of life of what it does not listen to
  BOOST_TEST(link.noticed("live.silent") == 0u);
  link.handle_all();
  link.give(link.answer(items(60, 80), 80, 101));
  BOOST_TEST(link.listens);
  // What is published from now on is held until the answer has come.
  link.live(live_of(100, items(101, 102)));
  BOOST_TEST(link.seqs() == range(60, 80), boost::test_tools::per_element());
  link.give(link.answer(items(81, 101), 101, 101));
  BOOST_TEST(is(link, Phase::live));
  BOOST_TEST(link.seqs() == range(60, 102), boost::test_tools::per_element());
  BOOST_TEST(link.core.counters().gaps == 0u);
}

BOOST_AUTO_TEST_CASE(a_window_that_is_full_for_a_moment_lets_the_live_stream_wait) {
  auto settings = member_settings();
  settings.window_events = 4;
  Link link(settings);
  link.go_live();
  BOOST_TEST(!link.core.live_waits(link.now));
  link.live(live_of(0, items(1, 4)));
  BOOST_TEST(link.core.live_waits(link.now));
  link.handle_all();
  BOOST_TEST(!link.core.live_waits(link.now));
  link.live(live_of(4, items(5, 8)));
  BOOST_TEST(link.core.live_waits(link.now));
  link.pass(499ms);
  BOOST_TEST(link.core.live_waits(link.now));
  link.pass(1ms);
  BOOST_TEST(!link.core.live_waits(link.now));
  link.live(live_of(8, items(9, 9)));
  BOOST_TEST(is(link, Phase::catching_up));
  BOOST_TEST(link.core.counters().demotions == 1u);
}

BOOST_AUTO_TEST_CASE(while_the_window_is_full_nothing_is_held) {
  auto settings = member_settings();
  settings.window_events = 4;
  settings.hold_bytes = 4096;
  Link link(settings);
  link.go_live();
  link.live(live_of(0, items(1, 4)));
  for (Seq seq = 5; seq < 100; ++seq) link.live(live_of(seq - 1, items(seq, seq)));
  BOOST_TEST(link.core.counters().demotions == 1u);
}

BOOST_AUTO_TEST_CASE(silence_on_the_live_path_fetches_and_reconnects) {
  Link link;
  link.go_live();
  for (int i = 0; i < 4; ++i) {
    link.pass(1s);
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.connects.size() == 2u);
  BOOST_TEST(link.count<Fetch>() >= 2u);
  BOOST_TEST(link.noticed("live.silent") == 1u);
  link.give(link.answer(items(1, 1), 1, 1));
  BOOST_TEST(is(link, Phase::live));
}

BOOST_AUTO_TEST_CASE(signs_of_life_prevent_reconnecting) {
  Link link;
  link.go_live();
  for (int i = 0; i < 20; ++i) {
    link.pass(1s);
    link.live(heartbeat_of(0, 0));
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.connects.size() == 1u);
  BOOST_TEST(link.count<Fetch>() == 1u);
}

BOOST_AUTO_TEST_CASE(until_the_live_path_is_heard_it_looks_again_by_fetch) {
  Link link;
  link.attach(0, 0);
  link.give(link.answer({}, 0, 0));
  BOOST_TEST(is(link, Phase::live));
  link.pass(60ms);
  BOOST_TEST(link.count<Fetch>() == 2u);
  BOOST_TEST(link.core.caught_up());
  link.give(link.answer(items(1, 1), 1, 1));
  link.live(heartbeat_of(1, 1));
  link.pass(1s);
  BOOST_TEST(link.count<Fetch>() == 2u);
  BOOST_TEST(link.core.counters().gaps == 0u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_lies_about_its_seqs_or_does_not_decode_is_fetched_instead) {
  Link link;
  link.go_live();
  auto message = live_of(0, items(1, 3));
  message.last = 2;
  link.live(message);
  BOOST_TEST(link.core.counters().undecodable == 1u);
  message = live_of(0, items(1, 3));
  message.batch->header.count = 5;
  link.live(message);
  BOOST_TEST(link.core.counters().undecodable == 2u);
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.last<Fetch>().after == 0u);
  link.give(link.answer(items(1, 3), 3, 3));
  BOOST_TEST(link.seqs() == range(1, 3), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(events_the_assignment_gave_as_settled_or_of_other_slots_are_not_delivered_live) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  auto welcome = link.welcome_for(link.last<Hello>(), 2, 6);
  welcome.slots = ~(SlotMask{1} << 7);  // an event without key is in slot seq mod 64
  welcome.settled = {{welcome.slots, 2, {{4, 5}}}};
  link.give(welcome);
  link.give(link.answer(items(3, 3), 6, 6));
  link.live(live_of(2, items(3, 8)));
  link.live(live_of(8, items(68, 73)));
  const std::vector<Seq> expected{3, 8, 68, 69, 70, 72, 73};
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 73u);
}

BOOST_AUTO_TEST_CASE(what_was_published_before_the_welcome_comes_by_fetch_alone) {
  Link link;
  link.attach(0, 4);
  link.live(live_of(0, items(1, 4)));  // the group may have settled some of it since the Welcome was written
  link.live(live_of(4, items(5, 5)));
  link.give(link.answer({}, 0, 4));  // nothing yet
  BOOST_TEST(link.deliveries.empty());
  link.pass(20ms);
  link.give(link.answer(items(3, 3), 4, 5));
  const std::vector<Seq> expected{3, 5};
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  BOOST_TEST(is(link, Phase::live));
}

BOOST_AUTO_TEST_CASE(parts_of_one_batch_are_delivered_together_in_seq_order) {
  Link link;
  link.go_live();
  const auto part = [](const std::string& prefix, const std::string& other, std::vector<Item> list) {
    auto message = live_of(0, list);
    message.prefix = prefix;
    message.first = 1;
    message.last = 5;
    message.chains.push_back({static_cast<std::uint16_t>(prefix.size()), 0});
    message.companions = {other};
    return message;
  };
  link.live(part("a.", "b.", {{1, "a.x"}, {4, "a.x"}}));
  BOOST_TEST(link.deliveries.empty());
  link.live(part("b.", "a.", {{2, "b.x"}, {5, "b.x"}}));
  const std::vector<Seq> expected{1, 2, 4, 5};
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  BOOST_TEST(link.deliveries[1].covers_to == 3u);
  BOOST_TEST(link.core.counters().gaps == 0u);
}

BOOST_AUTO_TEST_CASE(a_batch_without_companions_named_is_fetched) {
  Link link;
  link.go_live();
  auto message = live_of(0, items(1, 3));
  message.companions.reset();
  link.live(message);
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.last<Fetch>().after == 0u);
  BOOST_TEST(link.core.counters().gaps == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
