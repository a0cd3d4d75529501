#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(with_nothing_left_in_hand_the_ack_goes_at_once_else_after_the_interval) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  const auto acks = link.count<Ack>();
  link.handle(link.deliveries[0]);
  link.pass(2ms);
  BOOST_TEST(link.count<Ack>() == acks);
  link.pass(3ms);
  BOOST_TEST(link.count<Ack>() == acks + 1);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 1u);
  link.handle(link.deliveries[1]);
  link.handle(link.deliveries[2]);
  link.pass(1ms);
  BOOST_TEST(link.count<Ack>() == acks + 2);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 3u);
}

BOOST_AUTO_TEST_CASE(acks_of_single_events_are_a_millisecond_apart) {
  Link link;
  link.go_live();
  const auto acks = link.count<Ack>();
  for (Seq seq = 1; seq <= 100; ++seq) {
    link.live(live_of(seq - 1, items(seq, seq)));
    link.handle_all();
    link.pass(100us);
  }
  link.pass(1ms);
  BOOST_TEST(link.count<Ack>() - acks <= 12u);
  BOOST_TEST(link.count<Ack>() - acks >= 9u);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 100u);
}

BOOST_AUTO_TEST_CASE(an_idle_dispatcher_hurries_the_ack) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  link.handle(link.deliveries[0]);
  const auto acks = link.count<Ack>();
  link.core.on_queue(0, 0, link.now);
  link.take();
  link.pass(1ms);
  BOOST_TEST(link.count<Ack>() == acks + 1);
}

BOOST_AUTO_TEST_CASE(signs_of_life_come_every_third_of_the_lease) {
  Link link;
  link.go_live();
  const auto acks = link.count<Ack>();
  for (int i = 0; i < 10; ++i) {
    link.pass(1s);
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.count<Ack>() - acks == 6u);
}

BOOST_AUTO_TEST_CASE(a_failed_event_is_settled_only_when_its_verdict_was_answered) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 2)));
  auto failed = link.outcome(link.deliveries[0], Completion::Kind::retry);
  failed.text = "no";
  failed.covers_to = 1;
  link.complete(failed);
  link.pass(1ms);
  const auto ack = link.last<Ack>();
  BOOST_REQUIRE(ack.verdicts.size() == 1u);
  BOOST_TEST(ack.verdicts[0].seq == 1u);
  BOOST_TEST(ack.verdicts[0].attempt == 1u);
  BOOST_TEST(ack.verdicts[0].text == "no");
  BOOST_TEST((ack.verdicts[0].kind == Verdict::Kind::retry));
  BOOST_TEST(ack.settled.at(0).floor == 0u);
  link.handle(link.deliveries[1]);
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 0u);
  BOOST_TEST(link.last<Ack>().settled.at(0).above.size() == 1u);
  link.give(Acked{link.session, ack.id - 1, false, 0});
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 0u);
  link.give(Acked{link.session, ack.id, false, 0});
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 2u);
  BOOST_TEST(link.last<Ack>().verdicts.empty());
  BOOST_TEST(link.core.counters().retried == 1u);
}

BOOST_AUTO_TEST_CASE(what_follows_a_failed_event_is_settled_at_once) {
  Link link;
  link.attach(0, 9);
  link.give(link.answer({{3}, {6}}, 9, 9));
  link.handle(link.deliveries[1], Completion::Kind::park);
  link.pass(10ms);
  const auto ack = link.last<Ack>();
  BOOST_TEST(ack.settled.at(0).floor == 2u);
  BOOST_TEST((ack.settled.at(0).above == std::vector<SeqRange>{{7, 9}}));
  BOOST_TEST((ack.verdicts.at(0).kind == Verdict::Kind::park));
  BOOST_TEST(link.core.counters().parked == 1u);
}

BOOST_AUTO_TEST_CASE(unanswered_verdicts_are_repeated_and_survive_a_resumed_session) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  link.handle(link.deliveries[0], Completion::Kind::park);
  link.pass(1ms);
  const auto first = link.last<Ack>().id;
  link.pass(1100ms);
  BOOST_TEST(link.last<Ack>().id > first);
  BOOST_TEST(link.last<Ack>().verdicts.size() == 1u);
  link.give(Refused{link.last<Ack>().id, link.session, Errc::unknown_session, ""});
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 1);
  welcome.resumed = true;
  welcome.session = link.session = 200;
  link.give(welcome);
  link.pass(2ms);
  BOOST_TEST(link.last<Ack>().session == 200u);
  BOOST_TEST(link.last<Ack>().verdicts.size() == 1u);
  link.give(Acked{100, link.last<Ack>().id, false, 0});  // of the old session
  link.pass(1100ms);
  BOOST_TEST(link.last<Ack>().verdicts.size() == 1u);
  link.answer_ack();
  link.pass(1s);
  BOOST_TEST(link.last<Ack>().verdicts.empty());
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 1u);
}

BOOST_AUTO_TEST_CASE(many_verdicts_go_in_portions_oldest_first_and_stop_the_intake) {
  auto settings = member_settings();
  settings.window_events = 100'000;
  Link link(settings);
  link.attach(0, 10'000);
  link.give(link.answer(items(1, 5000), 5000, 10'000));
  link.give(link.answer({}, 5000, 10'000));
  for (const auto& delivery : link.deliveries) {
    link.core.on_completion(link.outcome(delivery, Completion::Kind::retry), link.now);
  }
  link.take();
  const auto fetches = link.count<Fetch>();
  link.pass(60ms);
  BOOST_TEST(link.last<Ack>().verdicts.size() == 1024u);
  BOOST_TEST(link.last<Ack>().verdicts.front().seq == 1u);
  link.give(link.answer({}, 5000, 10'000));
  link.pass(60ms);
  BOOST_TEST(link.count<Fetch>() == fetches);
  for (int i = 0; i < 10; ++i) {
    link.answer_ack();
    link.pass(60ms);
  }
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 5000u);
  BOOST_TEST(link.last<Ack>().verdicts.empty());
  BOOST_TEST(link.count<Fetch>() > fetches);
}

BOOST_AUTO_TEST_CASE(a_late_ack_becomes_a_verdict) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  auto expired = link.outcome(link.deliveries[0], Completion::Kind::retry);
  expired.reason = Reason::ack_timeout;
  link.complete(expired);
  auto late = link.outcome(link.deliveries[0]);
  late.late = true;
  link.complete(late);
  link.pass(5ms);
  const auto ack = link.last<Ack>();
  BOOST_REQUIRE(ack.verdicts.size() == 2u);
  BOOST_TEST((ack.verdicts[0].kind == Verdict::Kind::retry));
  BOOST_TEST((ack.verdicts[0].reason == Reason::ack_timeout));
  BOOST_TEST((ack.verdicts[1].kind == Verdict::Kind::ack));
  BOOST_TEST(ack.verdicts[1].attempt == 1u);
  BOOST_TEST(ack.settled.at(0).floor == 0u);
}

BOOST_AUTO_TEST_CASE(a_late_completion_frees_no_room_a_second_time) {
  auto settings = member_settings();
  settings.window_events = 4;
  Link link(settings);
  link.attach(0, 100);
  link.give(link.answer(items(1, 4), 4, 100));
  link.complete(link.outcome(link.deliveries[0], Completion::Kind::retry));
  auto late = link.outcome(link.deliveries[0]);
  late.late = true;
  const auto fetches = link.count<Fetch>();
  for (int i = 0; i < 3; ++i) link.complete(late);
  BOOST_TEST(link.count<Fetch>() == fetches);
  link.handle(link.deliveries[1]);
  BOOST_TEST(link.count<Fetch>() == fetches + 1);
}

BOOST_AUTO_TEST_CASE(words_of_a_handler_are_cut_to_what_the_publisher_takes) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  auto failed = link.outcome(link.deliveries[0], Completion::Kind::retry);
  for (int i = 0; i < 2000; ++i) failed.text += "\xc3\xa4";
  failed.text.insert(0, "x");
  link.complete(failed);
  link.pass(1ms);
  BOOST_TEST(link.last<Ack>().verdicts.at(0).text.size() == attempt_text_max - 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(redelivery)

namespace {

Deliver deliver_of(const Link& link, std::vector<Redelivery> list) {
  Deliver deliver;
  deliver.session = link.session;
  deliver.epoch = link.epoch;
  deliver.items = list;
  for (const auto& item : list) deliver.batches.push_back(batch_of({{item.seq}}));
  return deliver;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_attempt_is_delivered_once_and_answered_with_a_verdict) {
  Link link;
  link.go_live(20);
  link.give(deliver_of(link, {{5, 2, 0}, {7, 3, 1}}));
  link.give(deliver_of(link, {{5, 2, 0}}));
  BOOST_REQUIRE(link.deliveries.size() == 2u);
  BOOST_TEST(link.deliveries[0].attempt == 2u);
  BOOST_TEST(link.deliveries[0].counted);
  BOOST_TEST(link.deliveries[1].redrives == 1u);
  link.handle(link.deliveries[0]);
  link.handle(link.deliveries[1], Completion::Kind::retry);
  link.pass(2ms);
  const auto ack = link.last<Ack>();
  BOOST_REQUIRE(ack.verdicts.size() == 2u);
  BOOST_TEST((ack.verdicts[0].kind == Verdict::Kind::ack));
  BOOST_TEST(ack.verdicts[0].attempt == 2u);
  BOOST_TEST((ack.verdicts[1].kind == Verdict::Kind::retry));
  BOOST_TEST(ack.verdicts[1].redrives == 1u);
  BOOST_TEST(ack.held.size() == 2u);
  link.answer_ack();
  link.give(deliver_of(link, {{5, 2, 0}}));  // late
  BOOST_TEST(link.deliveries.size() == 2u);
  link.give(deliver_of(link, {{7, 4, 1}}));
  BOOST_TEST(link.deliveries.size() == 3u);
  link.pass(2s);
  BOOST_TEST((link.last<Ack>().held == std::vector<HeldEvent>{{7, 4, 1}}));
  BOOST_TEST(link.core.counters().redelivered == 3u);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 20u);
}

BOOST_AUTO_TEST_CASE(a_redriven_event_comes_again_with_the_same_attempt) {
  Link link;
  link.go_live(20);
  link.give(deliver_of(link, {{5, 1, 1}}));
  link.handle(link.deliveries[0], Completion::Kind::park);
  link.pass(1ms);
  link.answer_ack();
  link.give(deliver_of(link, {{5, 1, 2}}));
  BOOST_TEST(link.deliveries.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_held_is_presented_when_it_attaches_again) {
  Link link;
  link.go_live(20);
  link.give(deliver_of(link, {{5, 2, 0}}));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  BOOST_TEST((link.last<Hello>().resume->held == std::vector<HeldEvent>{{5, 2, 0}}));
}

BOOST_AUTO_TEST_CASE(a_new_assignment_holds_nothing_of_the_old_one) {
  Link link;
  link.go_live(20);
  link.give(deliver_of(link, {{5, 2, 0}}));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  link.epoch = 8;
  link.give(link.welcome_for(link.last<Hello>(), 20, 20));
  link.pass(2s);
  BOOST_TEST(link.last<Ack>().held.empty());
  link.give(deliver_of(link, {{5, 2, 0}}));
  BOOST_TEST(link.deliveries.size() == 2u);
  link.handle(link.deliveries[0]);  // of the old assignment: void
  link.pass(2s);
  BOOST_TEST(link.last<Ack>().verdicts.empty());
}

BOOST_AUTO_TEST_CASE(redeliveries_of_another_epoch_or_that_do_not_match_are_not_taken) {
  Link link;
  link.go_live(20);
  auto deliver = deliver_of(link, {{5, 2, 0}});
  deliver.epoch = 6;
  link.give(deliver);
  deliver = deliver_of(link, {{5, 2, 0}});
  deliver.session = 1;
  link.give(deliver);
  deliver = deliver_of(link, {{5, 2, 0}});
  deliver.items[0].seq = 6;
  link.give(deliver);
  deliver = deliver_of(link, {{5, 2, 0}});
  deliver.items.clear();
  link.give(deliver);
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.core.counters().undecodable == 2u);
}

BOOST_AUTO_TEST_CASE(no_more_redeliveries_are_held_than_can_be_named) {
  Link link;
  link.go_live(20);
  for (Seq seq = 1; seq <= held_max + 10; ++seq) link.give(deliver_of(link, {{seq, 2, 0}}));
  BOOST_TEST(link.deliveries.size() == held_max);
}

BOOST_AUTO_TEST_SUITE_END()
