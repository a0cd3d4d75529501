#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(fetch)

BOOST_AUTO_TEST_CASE(it_fetches_until_the_head_one_request_at_a_time) {
  Link link;
  link.attach(0, 10);
  BOOST_TEST(link.count<Fetch>() == 1u);
  link.give(link.answer(items(1, 4), 5, 10));
  BOOST_TEST(link.count<Fetch>() == 2u);
  BOOST_TEST(link.last<Fetch>().after == 5u);
  BOOST_TEST(is(link, Phase::catching_up));
  BOOST_TEST(!link.core.caught_up());
  link.give(link.answer(items(7, 9), 10, 10));
  BOOST_TEST(link.count<Fetch>() == 2u);
  BOOST_TEST(is(link, Phase::live));
  BOOST_TEST(link.core.caught_up());
  BOOST_TEST(link.core.position() == 10u);
  const std::vector<Seq> expected{1, 2, 3, 4, 7, 8, 9};
  BOOST_TEST(link.seqs() == expected, boost::test_tools::per_element());
  BOOST_TEST(link.deliveries[3].covers_to == 5u);
  BOOST_TEST(link.deliveries[6].covers_to == 10u);
  BOOST_TEST(link.core.counters().fetched == 7u);
}

BOOST_AUTO_TEST_CASE(fetches_that_stay_unanswered_while_all_else_is_answered_are_told_once) {
  Link link;
  link.attach(0, 10);
  for (int i = 0; i < 40; ++i) {
    link.pass(500ms);
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.noticed("fetch.unanswered") == 1u);
  BOOST_TEST(link.noticed("link.lost") == 0u);
}

BOOST_AUTO_TEST_CASE(fetches_whose_answers_end_the_connection_each_time_are_told) {
  Link link;
  link.attach(0, 10);
  for (int i = 0; i < 3; ++i) {
    link.pass(7s);  // its lease
    link.welcome(0, 10);
  }
  link.pass(2s);
  BOOST_TEST(link.noticed("fetch.unanswered") == 1u);
}

BOOST_AUTO_TEST_CASE(of_a_publisher_that_answers_nothing_at_all_only_that_is_told) {
  Link link;
  link.attach(0, 10);
  link.give(link.answer(items(1, 4), 5, 10));
  link.pass(60s);
  BOOST_TEST(link.noticed("fetch.unanswered") == 0u);
  BOOST_TEST(link.noticed("link.lost") == 1u);
}

BOOST_AUTO_TEST_CASE(an_unanswered_fetch_is_repeated_with_a_new_id_and_its_late_answer_ignored) {
  Link link;
  link.attach(0, 10);
  const auto late = link.answer(items(1, 10), 10, 10);
  link.pass(1100ms);
  BOOST_TEST(link.count<Fetch>() == 2u);
  link.give(late);
  BOOST_TEST(link.deliveries.empty());
  link.give(link.answer(items(1, 10), 10, 10));
  BOOST_TEST(link.deliveries.size() == 10u);
  link.give(link.answer(items(1, 10), 10, 10));
  BOOST_TEST(link.deliveries.size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_slow_publisher_is_given_more_time_with_every_fetch) {
  Link link;
  link.attach(0, 10);
  for (int second = 0; second < 4; ++second) {
    link.pass(1s);
    if (link.count<Ack>() > 0) link.answer_ack();
  }
  BOOST_TEST(link.count<Fetch>() == 3u);  // after 1 s and 3 s
}

BOOST_AUTO_TEST_CASE(answers_that_do_not_continue_are_not_taken) {
  Link link;
  link.attach(5, 10);
  const auto good = link.answer(items(6, 10), 10, 10);
  for (int wrong = 0; wrong < 4; ++wrong) {
    auto events = good;
    if (wrong == 0) ++events.session;
    if (wrong == 1) ++events.epoch;
    if (wrong == 2) --events.after;
    if (wrong == 3) ++events.id;
    link.give(events);
    BOOST_TEST(link.deliveries.empty());
  }
  link.give(good);
  BOOST_TEST(link.deliveries.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_does_not_verify_is_asked_for_again_and_what_came_before_it_counts) {
  for (int fault = 0; fault < 3; ++fault) {
    Link link;
    link.attach(0, 10);
    auto events = link.answer(items(1, 3), 10, 10);
    events.batches.push_back(batch_of(items(4, 6), fault == 0 ? origin_of(5) : home));
    if (fault == 1) events.batches.back().header.count = 9;
    if (fault == 2) events.through = 5;
    link.give(events);
    BOOST_TEST(link.core.counters().undecodable == 1u);
    BOOST_TEST(link.seqs() == range(1, 3), boost::test_tools::per_element());
    BOOST_TEST(link.core.position() == 3u);
    BOOST_TEST(link.count<Fetch>() == 1u);
    link.pass(1100ms);
    BOOST_TEST(link.last<Fetch>().after == 3u);
    link.give(link.answer(items(4, 10), 10, 10));
    BOOST_TEST(link.seqs() == range(1, 10), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_through_before_after_is_refused) {
  Link link;
  link.attach(5, 10);
  link.give(link.answer({}, 4, 10));
  BOOST_TEST(link.core.position() == 5u);
  BOOST_TEST(link.core.counters().undecodable == 1u);
}

BOOST_AUTO_TEST_CASE(expired_events_are_told_counted_and_settled) {
  Link link;
  link.attach(0, 10);
  auto events = link.answer(items(8, 10), 10, 10);
  events.expired = SeqRange{1, 7};
  link.give(events);
  BOOST_TEST(link.core.counters().expired == 7u);
  BOOST_TEST(link.noticed("event.expired") == 1u);
  link.handle_all();
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 10u);
}

BOOST_AUTO_TEST_CASE(a_full_window_stops_fetching_until_a_quarter_of_it_is_free) {
  auto settings = member_settings();
  settings.window_events = 8;
  Link link(settings);
  link.attach(0, 100);
  link.give(link.answer(items(1, 10), 10, 100));
  BOOST_TEST(link.count<Fetch>() == 1u);
  for (int i = 0; i < 4; ++i) link.handle(link.deliveries[static_cast<std::size_t>(i)]);
  BOOST_TEST(link.count<Fetch>() == 1u);
  link.handle(link.deliveries[4]);
  BOOST_TEST(link.count<Fetch>() == 2u);
}

BOOST_AUTO_TEST_CASE(a_full_window_of_bytes_stops_fetching_too) {
  auto settings = member_settings();
  settings.window_bytes = 100;
  Link link(settings);
  link.attach(0, 100);
  link.give(link.answer(items(1, 10), 10, 100));
  BOOST_TEST(link.count<Fetch>() == 1u);
  link.handle_all();
  BOOST_TEST(link.count<Fetch>() == 2u);
}

BOOST_AUTO_TEST_CASE(what_all_links_have_queued_counts_too) {
  Link link;
  link.attach(0, 100);
  link.core.on_queue(70'000, 0, link.now);
  link.give(link.answer(items(1, 10), 10, 100));
  BOOST_TEST(link.count<Fetch>() == 1u);
  link.core.on_queue(10, 0, link.now);
  link.take();
  BOOST_TEST(link.count<Fetch>() == 2u);
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_is_told_once_and_tried_every_five_seconds) {
  Link link;
  link.attach(0, 10);
  for (int i = 0; i < 2; ++i) {
    link.give(Refused{link.last<Fetch>().id, link.session, Errc::journal_damaged, "segment 1"});
    const auto fetches = link.count<Fetch>();
    link.pass(4s);
    link.answer_ack();
    BOOST_TEST(link.count<Fetch>() == fetches);
    link.pass(1100ms);
    BOOST_TEST(link.count<Fetch>() == fetches + 1);
  }
  BOOST_TEST(link.noticed("journal.damaged") == 1u);
}

BOOST_AUTO_TEST_CASE(without_live_it_waits_at_the_head_by_fetch) {
  auto settings = member_settings();
  settings.use_live = false;
  Link link(settings);
  link.attach(0, 2);
  BOOST_TEST(link.connects.empty());
  BOOST_TEST(!link.last<Fetch>().wait);
  link.give(link.answer(items(1, 2), 2, 2));
  BOOST_TEST(link.last<Fetch>().wait);
  BOOST_TEST(link.core.caught_up());
  link.live(live_of(2, items(3, 3)));
  BOOST_TEST(link.deliveries.size() == 2u);
  link.pass(2500ms);
  BOOST_TEST(link.count<Fetch>() == 2u);
  link.give(link.answer(items(3, 4), 4, 4));
  BOOST_TEST(link.seqs() == range(1, 4), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_watcher_fetches_and_settles_nothing) {
  auto settings = member_settings();
  settings.group.clear();
  Link link(settings);
  link.attach(3, 5);
  link.give(link.answer(items(4, 5), 5, 5));
  BOOST_TEST(link.deliveries.size() == 2u);
  link.handle(link.deliveries[0]);
  link.handle(link.deliveries[1], Completion::Kind::retry);
  link.pass(4s);
  BOOST_TEST(link.count<Ack>() >= 2u);
  for (const auto& message : link.sent) {
    if (const auto* ack = std::get_if<Ack>(&message)) {
      BOOST_TEST(ack->settled.empty());
      BOOST_TEST(ack->verdicts.empty());
    }
  }
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  const auto hello = link.last<Hello>();
  BOOST_TEST(!hello.resume.has_value());
  BOOST_TEST((hello.start == Start{Start::Kind::seq, 6, 0}));
  link.give(link.welcome_for(hello, 5, 7));
  BOOST_TEST(link.last<Fetch>().after == 5u);
}

BOOST_AUTO_TEST_CASE(a_watcher_of_a_new_journal_starts_where_it_once_wanted_to) {
  auto settings = member_settings();
  settings.group.clear();
  Link link(settings);
  link.attach(3, 5);
  link.give(link.answer(items(4, 5), 5, 5));
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  auto welcome = link.welcome_for(link.last<Hello>(), 5, 7);
  welcome.origin = origin_of(2);
  link.give(welcome);
  link.pass(200ms);
  const auto hello = link.last<Hello>();
  BOOST_TEST((hello.start == Start{}));
  welcome = link.welcome_for(hello, 0, 7);
  welcome.origin = origin_of(2);
  link.give(welcome);
  BOOST_TEST(link.last<Fetch>().after == 0u);
  BOOST_TEST(*link.dropped_before == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
