#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

namespace {

Completion dropped(const Link& link, const Delivery& delivery) {
  auto completion = link.outcome(delivery);
  completion.dropped = true;
  completion.slots = 0;  // it settles nothing
  return completion;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(closing)

BOOST_AUTO_TEST_CASE(it_waits_for_running_events_and_detaches_with_what_they_settled) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  link.core.on_close(false, link.now);
  link.take();
  BOOST_TEST(is(link, Phase::leaving));
  BOOST_TEST(*link.dropped_before == 2u);
  link.complete(dropped(link, link.deliveries[1]));
  link.complete(dropped(link, link.deliveries[2]));
  BOOST_TEST(link.count<Detach>() == 0u);
  link.live(live_of(3, items(4, 5)));
  BOOST_TEST(link.deliveries.size() == 3u);
  link.handle(link.deliveries[0]);  // its generation is still good
  BOOST_REQUIRE(link.count<Detach>() == 1u);
  BOOST_TEST(link.last<Detach>().settled.at(0).floor == 1u);
  BOOST_TEST(link.last<Detach>().untouched);
  BOOST_TEST(!link.left);
  link.give(Detached{link.session, link.last<Detach>().id});
  BOOST_TEST(link.left);
  BOOST_TEST(is(link, Phase::left));
  BOOST_TEST(!link.core.next_deadline().has_value());
  BOOST_TEST(link.noticed("detach.unanswered") == 0u);
}

BOOST_AUTO_TEST_CASE(verdicts_ride_with_the_farewell) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  link.core.on_close(false, link.now);
  link.handle(link.deliveries[0], Completion::Kind::retry);
  BOOST_TEST(link.last<Detach>().verdicts.size() == 1u);
  BOOST_TEST(link.last<Detach>().settled.at(0).floor == 0u);
}

BOOST_AUTO_TEST_CASE(an_unanswered_farewell_is_said_three_times) {
  Link link;
  link.go_live();
  link.core.on_close(false, link.now);
  link.take();
  link.pass(10s);
  BOOST_TEST(link.count<Detach>() == 3u);
  BOOST_TEST(link.left);
  BOOST_TEST(link.noticed("detach.unanswered") == 1u);
}

BOOST_AUTO_TEST_CASE(abandoning_detaches_at_once_and_marks_what_was_in_hand) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  link.core.on_close(true, link.now);
  link.take();
  BOOST_REQUIRE(link.count<Detach>() == 1u);
  BOOST_TEST(!link.last<Detach>().untouched);
  const auto acks = link.count<Ack>();
  link.handle(link.deliveries[0], Completion::Kind::retry);
  link.pass(900ms);
  BOOST_TEST(link.count<Ack>() == acks);
  link.give(Detached{link.session, link.last<Detach>().id});
  BOOST_TEST(link.left);
}

BOOST_AUTO_TEST_CASE(draining_can_be_turned_into_abandoning) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 3)));
  link.core.on_close(false, link.now);
  link.pass(1s);
  BOOST_TEST(link.count<Detach>() == 0u);
  link.core.on_close(true, link.now);
  link.take();
  BOOST_TEST(link.count<Detach>() == 1u);
}

BOOST_AUTO_TEST_CASE(it_keeps_its_lease_while_a_handler_finishes) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  link.core.on_close(false, link.now);
  const auto acks = link.count<Ack>();
  for (int i = 0; i < 10; ++i) {
    link.pass(1s);
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.count<Ack>() - acks == 6u);
  BOOST_TEST(!link.left);
  link.handle_all();
  BOOST_TEST(link.last<Detach>().settled.at(0).floor == 1u);
}

BOOST_AUTO_TEST_CASE(a_session_lost_while_draining_is_taken_up_again_to_say_goodbye) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  link.core.on_close(false, link.now);
  link.take();
  link.pass(1700ms);
  link.give(Refused{link.last<Ack>().id, link.session, Errc::unknown_session, ""});
  BOOST_TEST(is(link, Phase::leaving));
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 1);
  welcome.session = link.session = 101;
  welcome.resumed = true;
  const auto fetches = link.count<Fetch>();
  link.give(welcome);
  link.handle_all();
  BOOST_TEST(link.last<Detach>().session == 101u);
  BOOST_TEST(link.last<Detach>().settled.at(0).floor == 1u);
  BOOST_TEST(link.count<Fetch>() == fetches);
}

BOOST_AUTO_TEST_CASE(with_a_publisher_that_is_gone_it_leaves_all_the_same) {
  Link link;
  link.go_live();
  link.live(live_of(0, items(1, 1)));
  link.core.on_close(false, link.now);
  link.pass(20s);
  BOOST_TEST(!link.left);  // a handler is running
  link.handle_all();
  link.pass(20s);
  BOOST_TEST(link.left);
  BOOST_TEST(link.noticed("detach.unanswered") == 1u);
}

BOOST_AUTO_TEST_CASE(never_attached_it_leaves_at_once) {
  Link link;
  link.core.on_start(link.now);
  link.core.on_close(false, link.now);
  link.take();
  BOOST_TEST(link.left);
  Link unborn;
  unborn.core.on_close(true, unborn.now);
  unborn.take();
  BOOST_TEST(unborn.left);
}

BOOST_AUTO_TEST_CASE(what_was_not_taken_yet_is_dropped_by_the_core_itself) {
  Link link;
  link.go_live();
  link.core.on_live(live_of(0, items(1, 3)), link.now);
  link.core.on_close(false, link.now);
  link.take();
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(link.count<Detach>() == 1u);
  BOOST_TEST(link.last<Detach>().settled.at(0).floor == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
