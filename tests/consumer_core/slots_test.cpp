#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

namespace {

constexpr SlotMask upper = SlotMask{0xffffffff} << 32;
constexpr SlotMask lower = ~upper;

/// Events without a key are in slot seq mod 64.
struct Member : Link {
  /// Attached with these slots, caught up and live at `position`.
  void begin(SlotMask slots, Seq position) {
    core.on_start(now);
    take();
    auto welcome = welcome_for(last<Hello>(), position, position);
    welcome.slots = slots;
    welcome.settled = {{slots, position, {}}};
    give(welcome);
    give(answer({}, position, position));
    live(heartbeat_of(position, position));
  }

  void grant(SlotMask slots, SlotMask release, SlotMask fresh = 0, Seq position = 0, Seq head = 0) {
    Grant message;
    message.session = session;
    message.head = head;
    message.epoch = ++epoch;
    message.slots = slots;
    message.release = release;
    message.position = position;
    if (fresh != 0) message.settled = {{fresh, position, {}}};
    message.redelivered_through = position + 1;
    give(message);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(slots)

BOOST_AUTO_TEST_CASE(events_of_other_slots_are_passed_over_and_settled_on_the_way) {
  Member link;
  link.begin(lower, 0);
  link.live(live_of(0, items(1, 70)));
  std::vector<Seq> expected = range(1, 31);
  for (Seq seq = 64; seq <= 70; ++seq) expected.push_back(seq);
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST((link.last<Ack>().settled == std::vector<SlotLedger>{{lower, 70, {}}}));
  BOOST_TEST(link.last<Fetch>().slots == lower);
}

BOOST_AUTO_TEST_CASE(slots_asked_back_are_released_when_their_handlers_are_done_and_the_rest_goes_on) {
  Member link;
  link.begin(all_slots, 30);
  link.live(live_of(30, items(31, 34)));
  BOOST_REQUIRE(link.deliveries.size() == 4u);
  link.handle(link.deliveries[0]);
  link.grant(all_slots, upper);
  BOOST_TEST(link.core.slots() == lower);
  // 32 runs on; 33 and 34 were dropped before they began.
  for (const std::size_t index : {2u, 3u}) {
    auto dropped = link.outcome(link.deliveries[index]);
    dropped.dropped = true;
    link.complete(dropped);
  }
  BOOST_TEST((link.last<Release>().slots & (SlotMask{1} << 32)) == 0u);
  const auto releases = link.count<Release>();
  link.handle(link.deliveries[1]);
  BOOST_TEST(link.count<Release>() == releases + 1);
  BOOST_TEST((link.last<Release>().slots & (SlotMask{1} << 32)) != 0u);
  // What 32 covers is settled; what was dropped settles nothing of slots that are asked back.
  BOOST_TEST(link.last<Release>().settled.size() > 0u);
  for (const auto& ledger : link.last<Release>().settled) BOOST_TEST(ledger.floor == 32u);
  link.deliveries.clear();
  link.live(live_of(34, items(35, 65)));
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST((link.last<Ack>().settled == std::vector<SlotLedger>{{lower, 65, {}}}));
}

BOOST_AUTO_TEST_CASE(a_release_is_repeated_until_it_is_answered) {
  Member link;
  link.begin(all_slots, 5);
  link.grant(all_slots, upper);
  BOOST_TEST(link.count<Release>() == 1u);
  BOOST_TEST(link.last<Release>().slots == upper);
  link.pass(1s);
  BOOST_TEST(link.count<Release>() == 2u);
  link.give(Released{link.session, link.last<Release>().id, upper});
  link.pass(3s);
  BOOST_TEST(link.count<Release>() == 2u);
}

BOOST_AUTO_TEST_CASE(a_slot_with_an_unanswered_verdict_is_not_released_yet) {
  Member link;
  link.begin(all_slots, 39);
  link.live(live_of(39, items(40, 40)));
  link.handle(link.deliveries[0], Completion::Kind::retry);
  link.grant(all_slots, upper);
  BOOST_TEST(link.last<Release>().slots == (upper & ~(SlotMask{1} << 40)));
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().verdicts.size() == 1u);
  link.answer_ack();
  BOOST_TEST((link.last<Release>().slots >> 40 & 1) == 1u);
}

BOOST_AUTO_TEST_CASE(a_grant_that_comes_again_and_an_older_one_change_nothing) {
  Member link;
  link.begin(all_slots, 5);
  link.grant(all_slots, upper);
  Grant old;
  old.session = link.session;
  old.epoch = link.epoch - 1;
  old.slots = all_slots;
  link.give(old);
  old.epoch = link.epoch;
  link.give(old);
  BOOST_TEST(link.core.slots() == lower);
  BOOST_TEST(link.count<Release>() == 1u);
}

BOOST_AUTO_TEST_CASE(slots_never_heard_of_are_released_at_once) {
  Member link;
  link.begin(lower, 5);
  link.grant(all_slots, upper);
  BOOST_TEST(link.last<Release>().slots == upper);
  BOOST_TEST(link.last<Release>().settled.empty());
  BOOST_TEST(link.core.slots() == lower);
}

BOOST_AUTO_TEST_CASE(of_new_slots_only_what_was_missed_is_fetched_and_what_is_in_hand_stays) {
  Member link;
  link.begin(lower, 0);
  link.live(live_of(0, items(1, 40)));
  const auto in_hand = link.deliveries.size();
  link.grant(all_slots, 0, upper, 34, 40);
  auto fetch = link.last<Fetch>();
  BOOST_TEST(fetch.after == 34u);
  BOOST_TEST(fetch.upto == 40u);
  BOOST_TEST(fetch.slots == upper);
  link.live(live_of(40, items(41, 41)));  // waits
  link.give(link.answer(items(35, 40), 40, 41));
  BOOST_REQUIRE(link.deliveries.size() == in_hand + 7);
  BOOST_TEST(link.deliveries[in_hand].redelivered);       // 35 is marked
  BOOST_TEST(!link.deliveries[in_hand + 1].redelivered);  // 36 is not
  BOOST_TEST(link.deliveries.back().event.seq == 41u);
  BOOST_TEST(is(link, Phase::live));
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST((link.last<Ack>().settled == std::vector<SlotLedger>{{all_slots, 41, {}}}));
}

BOOST_AUTO_TEST_CASE(a_slot_that_comes_back_begins_where_its_ledger_says) {
  Member link;
  link.begin(all_slots, 5);
  link.grant(all_slots, upper);
  link.grant(all_slots, 0, upper, 3, 5);  // released, and given again before the answer came
  BOOST_TEST(link.core.slots() == all_slots);
  BOOST_TEST(link.last<Fetch>().after == 3u);
  const auto releases = link.count<Release>();
  link.pass(500ms);
  BOOST_TEST(link.count<Release>() == releases);
}

BOOST_AUTO_TEST_CASE(what_was_just_released_is_not_taken_for_new_without_a_ledger) {
  Member link;
  link.begin(all_slots, 5);
  link.grant(all_slots, upper);
  link.grant(all_slots, 0);  // written before the publisher had read the Release
  BOOST_TEST(link.core.slots() == lower);
}

BOOST_AUTO_TEST_CASE(a_resume_names_the_slots_worked_on_and_what_is_settled_of_released_ones) {
  Member link;
  link.begin(all_slots, 5);
  link.grant(all_slots, upper);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  link.pass(1s);  // it does not ask at once: it was welcomed a moment ago
  BOOST_REQUIRE(link.last<Hello>().resume.has_value());
  const auto resume = *link.last<Hello>().resume;
  BOOST_TEST(resume.slots == lower);
  SlotMask told = 0;
  for (const auto& ledger : resume.settled) told |= ledger.slots;
  BOOST_TEST(told == all_slots);
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 5);
  welcome.slots = lower;
  welcome.resumed = true;
  link.give(welcome);
  link.pass(3s);
  BOOST_TEST(link.count<Release>() == 1u);  // the resume has said it
}

BOOST_AUTO_TEST_CASE(a_redelivery_of_a_slot_that_is_asked_back_is_left_to_the_next_owner) {
  Member link;
  link.begin(all_slots, 60);
  link.grant(all_slots, upper);
  Deliver deliver;
  deliver.session = link.session;
  deliver.epoch = link.epoch;
  deliver.items = {{3, 2, 0}, {40, 2, 0}};
  deliver.batches = {batch_of({{3}, {40}})};
  link.give(deliver);
  BOOST_TEST(link.seqs() == (std::vector<Seq>{3}), boost::test_tools::per_element());
}

// A rewind forgets the attempts of before, so the same number may be another attempt.
BOOST_AUTO_TEST_CASE(a_redelivery_that_was_handled_once_is_taken_again_when_its_slot_comes_back) {
  Member link;
  link.begin(all_slots, 60);
  const auto deliver = [&] {
    Deliver again;
    again.session = link.session;
    again.epoch = link.epoch;
    again.items = {{3, 2, 0}};
    again.batches = {batch_of({{3}})};
    link.give(again);
    return link.deliveries.size();
  };
  BOOST_REQUIRE(deliver() == 1u);
  link.handle(link.deliveries[0], Completion::Kind::retry);
  link.pass(10ms);
  link.give(Acked{link.session, link.last<Ack>().id, false, 60});
  BOOST_TEST(deliver() == 1u);  // a late copy
  link.grant(all_slots, all_slots);
  link.give(Released{link.session, link.last<Release>().id, all_slots});
  link.grant(all_slots, 0, all_slots, 2, 60);
  BOOST_TEST(deliver() == 2u);
}

BOOST_AUTO_TEST_CASE(an_answer_that_holds_something_back_lets_nothing_come_by_the_live_stream) {
  Member link;
  link.core.on_start(link.now);
  link.take();
  link.give(link.welcome_for(link.last<Hello>(), 5, 5));
  link.live(live_of(5, items(6, 8)));
  link.give(link.answer({}, 5, 8));
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST(is(link, Phase::catching_up));
  link.give(link.answer(items(6, 7), 7, 8));
  BOOST_TEST(link.seqs() == range(6, 8), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_member_that_was_not_answered_for_a_lease_takes_nothing_from_the_live_stream) {
  Member link;
  link.begin(all_slots, 0);
  link.now.steady += 5s;  // the process was stopped
  link.live(live_of(0, items(1, 2)));
  BOOST_TEST(link.deliveries.empty());
  link.pass(10ms);
  link.give(link.answer(items(1, 2), 2, 2));  // what it asks after that is answered
  BOOST_TEST(link.deliveries.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
