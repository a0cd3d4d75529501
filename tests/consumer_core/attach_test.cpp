#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(attach)

BOOST_AUTO_TEST_CASE(it_subscribes_before_it_fetches_from_the_given_position) {
  Link link;
  link.core.on_start(link.now);
  MemberEffects effects;
  link.core.take_effects(effects);
  const auto hello = std::get<Hello>(effects.control.at(0));
  BOOST_TEST(hello.group == "billing");
  BOOST_TEST(!hello.resume.has_value());
  link.core.on_control(link.welcome_for(hello, 40, 50), link.now);
  effects = {};
  link.core.take_effects(effects);
  BOOST_TEST(*effects.connect_events == "inproc://events");
  BOOST_REQUIRE(effects.control.size() == 1u);
  const auto fetch = std::get<Fetch>(effects.control.at(0));
  BOOST_TEST(fetch.after == 40u);
  BOOST_TEST(!fetch.wait);
  BOOST_TEST(link.core.head() == 50u);
  BOOST_TEST(link.core.publisher_name() == "bookings");
}

BOOST_AUTO_TEST_CASE(hello_is_repeated_with_growing_pauses_and_then_the_connection_is_made_anew) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  link.pass(900ms);
  BOOST_TEST(link.count<Hello>() == 1u);
  link.pass(200ms);
  BOOST_TEST(link.count<Hello>() == 2u);
  link.pass(1s);
  BOOST_TEST(link.count<Hello>() == 2u);
  link.pass(20s);
  BOOST_TEST(link.count<Hello>() >= 4u);
  BOOST_TEST(link.count<Hello>() <= 8u);
  BOOST_TEST(link.reconnects >= 1);
}

BOOST_AUTO_TEST_CASE(a_welcome_to_another_hello_is_ignored) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 0);
  ++welcome.id;
  link.give(welcome);
  BOOST_TEST(is(link, Phase::attaching));
  welcome.id = link.last<Hello>().id;
  welcome.session = 0;
  link.give(welcome);
  BOOST_TEST(is(link, Phase::attaching));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_once_and_hello_comes_again_after_five_seconds) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  for (int i = 0; i < 3; ++i) {
    link.give(Refused{link.last<Hello>().id, 0, Errc::prefixes_mismatch, "other prefixes"});
    const auto hellos = link.count<Hello>();
    link.pass(4900ms);
    BOOST_TEST(link.count<Hello>() == hellos);
    link.pass(200ms);
    BOOST_TEST(link.count<Hello>() == hellos + 1);
  }
  BOOST_TEST(link.noticed("link.refused") == 1u);
  BOOST_TEST((link.core.last_error()->code == Errc::prefixes_mismatch));
  BOOST_TEST(link.reconnects == 0);
  link.welcome(0, 0);
  BOOST_TEST(!link.core.last_error().has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_session_is_attached_again_and_a_resumed_one_goes_on_without_duplicates) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 4)));
  link.handle(link.deliveries[0]);
  link.pass(2s);
  link.give(Refused{link.last<Ack>().id, link.session, Errc::unknown_session, ""});
  BOOST_TEST(is(link, Phase::attaching));
  const auto hello = link.last<Hello>();
  BOOST_REQUIRE(hello.resume.has_value());
  BOOST_TEST(hello.resume->epoch == 7u);
  BOOST_TEST(hello.resume->settled.at(0).floor == 1u);
  auto welcome = link.welcome_for(hello, 1, 4);
  welcome.session = 101;
  welcome.epoch = 9;
  welcome.resumed = true;
  welcome.redelivered_through = 4;
  link.session = 101;
  link.give(welcome);
  BOOST_TEST(!link.dropped_before.has_value());
  BOOST_TEST(link.last<Fetch>().after == 4u);
  link.give(link.answer(items(5, 5), 5, 5));
  BOOST_TEST(link.seqs() == range(1, 5), boost::test_tools::per_element());
  BOOST_TEST(!link.deliveries.back().redelivered);
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 5u);
  BOOST_TEST(link.last<Ack>().epoch == 9u);
}

BOOST_AUTO_TEST_CASE(a_member_joins_the_live_stream_at_the_head_that_a_power_loss_left) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  link.give(link.welcome_for(link.last<Hello>(), 0, 10));
  link.give(link.answer(items(1, 3), 3, 10));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 5);
  welcome.resumed = true;
  link.give(welcome);
  link.give(link.answer(items(4, 5), 5, 5));
  BOOST_TEST(is(link, Phase::live));
}

BOOST_AUTO_TEST_CASE(marks_of_the_assignment_stay_when_it_is_resumed) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 10);
  welcome.redelivered_through = 6;
  link.give(welcome);
  link.give(link.answer(items(1, 3), 3, 10));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  welcome = link.welcome_for(link.last<Hello>(), 0, 10);
  welcome.resumed = true;
  welcome.redelivered_through = 10;
  link.give(welcome);
  auto events = link.answer(items(4, 8), 8, 10);
  events.redelivered_through = 10;
  link.give(events);
  for (const auto& delivery : link.deliveries) BOOST_TEST(delivery.redelivered == (delivery.event.seq <= 6));
}

BOOST_AUTO_TEST_CASE(without_resume_coverage_starts_anew_and_older_completions_are_void) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 4)));
  const auto old = link.deliveries;
  link.deliveries.clear();
  link.pass(2s);
  link.give(Acked{link.session, link.last<Ack>().id, true, 4});
  BOOST_TEST(link.core.counters().stale == 1u);
  link.epoch = 8;
  link.session = 101;
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 4);
  welcome.redelivered_through = 4;
  link.give(welcome);
  BOOST_TEST(*link.dropped_before == 2u);
  for (const auto& delivery : old) link.handle(delivery);
  link.pass(3s);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 0u);
  link.give(link.answer(items(1, 4), 4, 4));
  BOOST_TEST(link.seqs() == range(1, 4), boost::test_tools::per_element());
  BOOST_TEST(link.deliveries[0].redelivered);
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 4u);
}

BOOST_AUTO_TEST_CASE(silence_of_the_publisher_for_a_lease_reconnects_and_attaches_with_what_is_settled) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 2)));
  link.handle_all();
  const auto hellos = link.count<Hello>();
  link.pass(4900ms);
  BOOST_TEST(link.count<Hello>() == hellos);
  link.pass(3s);
  BOOST_TEST(link.reconnects == 1);
  BOOST_TEST(link.count<Hello>() > hellos);
  BOOST_TEST(link.last<Hello>().resume->settled.at(0).floor == 2u);
  BOOST_TEST(link.noticed("link.lost") == 1u);
  BOOST_TEST(link.noticed("link.restored") == 0u);
  link.pass(13s);
  link.welcome(2, 2);
  BOOST_TEST(link.noticed("link.restored") == 1u);
  BOOST_TEST(link.notices.back().text == "bookings answers after 20 s of silence: attached at seq 2 of 2");
  BOOST_TEST((link.notices.back().level == Level::info));
}

BOOST_AUTO_TEST_CASE(a_publisher_that_never_answered_is_told_once_and_again_when_it_comes) {
  auto settings = member_settings();
  settings.endpoint = "tcp://here:1";
  Link link(settings);
  link.core.on_start(link.now);
  link.take();
  link.pass(4900ms);
  BOOST_TEST(link.notices.empty());
  link.pass(60s);
  BOOST_REQUIRE(link.notices.size() == 1u);
  BOOST_TEST(link.notices.front().code == "link.unreached");
  BOOST_TEST((link.notices.front().level == Level::warning));
  BOOST_TEST(link.notices.front().text.starts_with("nothing answers at tcp://here:1, asked for 5 s"));
  link.welcome(3, 9);
  BOOST_TEST(link.noticed("link.attached") == 1u);
  BOOST_TEST(link.notices.back().code == "link.restored");
  BOOST_TEST(link.notices.back().text == "bookings answers after 64 s of silence: attached at seq 3 of 9");
}

BOOST_AUTO_TEST_CASE(who_is_attached_or_refused_at_once_is_not_told_as_not_reached) {
  Link link;
  link.attach();
  link.pass(3s);
  link.answer_ack();
  link.give(Refused{link.last<Ack>().id, link.session, Errc::unknown_session, ""});
  link.welcome(0, 0);
  Link refused;
  refused.core.on_start(refused.now);
  refused.take();
  refused.give(Refused{refused.last<Hello>().id, 0, Errc::prefixes_mismatch, "other prefixes"});
  for (auto* one : {&link, &refused}) {
    one->pass(6s);
    BOOST_TEST(one->noticed("link.unreached") == 0u);
    BOOST_TEST(one->noticed("link.restored") == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_process_that_stood_still_charges_nobody) {
  Link link;
  link.go_live();
  link.pass(500ms);
  const auto acks = link.count<Ack>();
  link.now.steady += 60s;
  link.core.on_time(link.now);
  link.take();
  BOOST_TEST(link.reconnects == 0);
  BOOST_TEST(link.count<Hello>() == 1u);
  BOOST_TEST(link.connects.size() == 1u);
  link.pass(2s);
  BOOST_TEST(link.count<Ack>() > acks);
}

BOOST_AUTO_TEST_CASE(another_origin_at_the_same_link_is_told_loudly_and_everything_starts_over) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 4)));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 2);
  welcome.origin = origin_of(2);
  welcome.resumed = true;  // cannot be
  link.give(welcome);
  BOOST_TEST(link.noticed("origin.replaced") == 1u);
  BOOST_TEST(*link.dropped_before == 2u);
  BOOST_TEST(link.last<Fetch>().after == 0u);
  BOOST_TEST(link.core.head() == 2u);
  BOOST_TEST((*link.core.origin() == origin_of(2)));
}

BOOST_AUTO_TEST_CASE(live_messages_of_another_origin_are_ignored_and_told_once) {
  Link link;
  link.go_live();
  for (int i = 0; i < 2; ++i) {
    auto message = live_of(0, items(1, 2));
    message.origin = origin_of(9);
    link.live(message);
  }
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.noticed("origin.foreign") == 1u);
}

BOOST_AUTO_TEST_CASE(a_new_incarnation_on_the_live_stream_attaches_again) {
  Link link;
  link.go_live();
  link.pass(2s);
  auto message = live_of(1000, items(1001, 1002));
  message.incarnation = 2;
  link.live(message);
  BOOST_TEST(is(link, Phase::attaching));
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 1002);
  welcome.incarnation = 2;
  welcome.resumed = true;
  link.give(welcome);
  BOOST_TEST(link.noticed("publisher.incarnation") == 1u);
  link.give(link.answer(items(1001, 1002), 1002, 1002));
  BOOST_TEST(link.deliveries.size() == 2u);
  auto old = live_of(1002, items(1003, 1003));
  old.incarnation = 1;
  link.live(old);
  BOOST_TEST(link.deliveries.size() == 2u);
}

BOOST_AUTO_TEST_CASE(without_slots_it_waits_for_a_grant_and_gives_signs_of_life) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 9);
  welcome.slots = 0;
  link.give(welcome);
  BOOST_TEST(link.count<Fetch>() == 0u);
  link.pass(4s);
  BOOST_TEST(link.count<Ack>() >= 2u);
  link.answer_ack();
  Grant grant;
  grant.session = link.session;
  grant.epoch = 8;
  grant.head = 9;
  grant.slots = all_slots;
  grant.settled = {{all_slots, 5, {}}};
  grant.position = 5;
  link.give(grant);
  BOOST_TEST(link.last<Fetch>().after == 5u);
  BOOST_TEST(link.last<Fetch>().epoch == 8u);
  link.give(link.answer(items(6, 9), 9, 9));
  link.handle_all();
  link.give(grant);                            // again: nothing starts over
  link.give(Acked{link.session, 3, true, 9});  // the answer to an Ack from before it
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 9u);
  BOOST_TEST(link.last<Ack>().epoch == 8u);
}

BOOST_AUTO_TEST_CASE(turned_out_at_once_it_does_not_ask_in_a_circle) {
  Link link;
  link.core.on_start(link.now);
  link.take();
  for (int i = 0; i < 20; ++i) {
    link.welcome(0, 0);
    link.give(Refused{link.last<Fetch>().id, link.session, Errc::unknown_session, ""});
    link.pass(10ms);
  }
  BOOST_TEST(link.count<Hello>() <= 4u);
}

BOOST_AUTO_TEST_SUITE_END()
