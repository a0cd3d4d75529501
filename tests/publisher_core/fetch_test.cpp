#include "fixture.hpp"

#include <mesh/core/publisher/fetching.hpp>

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(fetch)

BOOST_AUTO_TEST_CASE(it_brings_what_matches_and_is_not_settled_and_covers_the_rest) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a.1"}, {"b.1"}, {"a.2"}});
  mesh.publish({{"a.3"}, {"a.4"}, {"b.2"}});
  Member member{.mesh = mesh, .prefixes = {"a."}};
  member.attach();
  member.ack(0, {{3, 4}});
  const Events events = member.fetch(0);
  BOOST_TEST(seqs_of(events.batches) == (std::vector<Seq>{1, 5}), boost::test_tools::per_element());
  BOOST_TEST(events.after == 0u);
  BOOST_TEST(events.through == 6u);
  BOOST_TEST(events.head == 6u);
  BOOST_TEST(!events.expired.has_value());
  BOOST_TEST(mesh.core->counters().fetched == 2u);
}

BOOST_AUTO_TEST_CASE(credit_cuts_an_answer_short_and_the_next_goes_on) {
  Mesh mesh;
  mesh.open();
  for (unsigned i = 0; i < 10; ++i) mesh.publish({{"a", {}, std::string(40'000, 'x')}});
  Member member{mesh};
  member.attach();
  member.ask(0, false, 1);
  Events events = mesh.last<Events>();
  BOOST_TEST(seqs_of(events.batches) == (std::vector<Seq>{1}), boost::test_tools::per_element());
  BOOST_TEST(events.through == 1u);
  std::vector<Seq> all = {1};
  for (unsigned i = 0; i < 20 && events.through < events.head; ++i) {
    member.ask(events.through, false, 100'000);
    events = mesh.last<Events>();
    for (const Seq seq : seqs_of(events.batches)) all.push_back(seq);
  }
  BOOST_TEST(all == (std::vector<Seq>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_event_above_the_credit_comes_alone) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a", {}, std::string(500'000, 'x')}});
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  member.ask(0, false, 1);
  BOOST_TEST(seqs_of(mesh.last<Events>().batches) == (std::vector<Seq>{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(at_the_head_without_waiting_the_answer_is_empty_and_immediate) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  const Events events = member.fetch(1);
  BOOST_TEST(events.batches.empty());
  BOOST_TEST(events.through == 1u);
}

BOOST_AUTO_TEST_CASE(a_waiting_one_is_answered_by_the_next_commit) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  member.ask(0, true);
  mesh.pass(500ms);
  BOOST_TEST(mesh.count<Events>() == 0u);
  mesh.publish({{"a"}});
  BOOST_TEST(seqs_of(mesh.last<Events>().batches).size() == 1u);
  mesh.pass(2s);
  BOOST_TEST(mesh.count<Events>() == 1u);
}

BOOST_AUTO_TEST_CASE(a_waiting_one_is_answered_after_a_second_at_the_latest) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member member{.mesh = mesh, .prefixes = {"a"}};
  member.attach();
  member.ask(1, true);
  mesh.pass(600ms);
  mesh.publish({{"b"}});  // not the group's: it keeps waiting, and knows it is covered
  BOOST_TEST(mesh.count<Events>() == 0u);
  mesh.pass(500ms);
  const Events events = mesh.last<Events>();
  BOOST_TEST(events.batches.empty());
  BOOST_TEST(events.after == 1u);
  BOOST_TEST(events.through == 2u);
}

BOOST_AUTO_TEST_CASE(a_newer_request_replaces_the_one_under_way) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  mesh.hold_reads = true;
  member.ask(0);
  member.ask(2);
  member.ask(2);
  BOOST_TEST(mesh.reads.size() == 1u);  // one read per session, whatever it asks
  mesh.release_reads();
  BOOST_TEST(mesh.count<Events>() == 1u);
  BOOST_TEST(mesh.last<Events>().id == member.request);
  BOOST_TEST(seqs_of(mesh.last<Events>().batches) == (std::vector<Seq>{3}), boost::test_tools::per_element());
  mesh.tell("m", Fetch{member.session, member.request - 1, member.epoch, 0, 0, all_slots, 1000, false});
  BOOST_TEST(mesh.count<Events>() == 1u);
  mesh.tell("m", Fetch{member.session, member.request, member.epoch, 2, 0, all_slots, 1000, false});
  BOOST_TEST(mesh.count<Events>() == 2u);  // the answer was lost
}

BOOST_AUTO_TEST_CASE(foreign_sessions_and_passed_epochs_are_refused) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  mesh.tell("m", Fetch{member.session + 1, 3, member.epoch, 0, 0, all_slots, 1000, false});
  BOOST_TEST((mesh.last<Refused>().code == Errc::unknown_session));
  BOOST_TEST(mesh.last<Refused>().id == 3u);
  mesh.tell("m", Fetch{member.session, 4, member.epoch + 1, 0, 0, all_slots, 1000, false});
  BOOST_TEST((mesh.last<Refused>().code == Errc::stale));
  BOOST_TEST(mesh.last<Refused>().session == member.session);
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  mesh.tell("second", Fetch{second.session, 5, 0, 0, 0, all_slots, 1000, false});
  BOOST_TEST((mesh.last<Refused>().code == Errc::stale));
}

BOOST_AUTO_TEST_CASE(a_position_beyond_the_head_is_covered_and_brings_nothing) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  const Events events = member.fetch(~Seq{0});
  BOOST_TEST(events.through == ~Seq{0});
  BOOST_TEST(events.head == 1u);
  BOOST_TEST(events.batches.empty());
  BOOST_TEST(!events.expired.has_value());
}

BOOST_AUTO_TEST_CASE(what_was_read_before_damage_is_delivered_then_the_damage_is_named) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  mesh.publish({{"a"}});
  mesh.publish({{"a"}});
  BOOST_REQUIRE(mesh.store->damage(2));
  Member member{mesh};
  member.attach();
  const Events events = member.fetch(0);
  BOOST_TEST(seqs_of(events.batches) == (std::vector<Seq>{1}), boost::test_tools::per_element());
  BOOST_TEST(events.through == 1u);
  member.ask(1);
  BOOST_TEST((mesh.last<Refused>().code == Errc::journal_damaged));
  BOOST_TEST(mesh.last<Refused>().id == member.request);
  member.ask(1);
  BOOST_TEST(mesh.count<Refused>() == 2u);
  BOOST_TEST(mesh.noticed("journal.read_failed") == 1u);
}

BOOST_AUTO_TEST_CASE(many_small_batches_come_in_few_frames) {
  Mesh mesh;
  mesh.open();
  for (unsigned i = 0; i < 500; ++i) mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  const Events events = member.fetch(0);
  BOOST_TEST(events.batches.size() == 1u);
  BOOST_TEST(seqs_of(events.batches).size() == 500u);
}

BOOST_AUTO_TEST_CASE(a_large_batch_that_is_wanted_whole_travels_as_it_was_journaled) {
  Mesh mesh;
  mesh.open();
  std::vector<TestEvent> events(1000, {"a", {}, std::string(100, 'x')});
  mesh.publish(events);
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  const Events answer = member.fetch(0);
  BOOST_REQUIRE(answer.batches.size() == 2u);
  BOOST_TEST((answer.batches[0].header.flags & batch_filtered) == 0u);
  BOOST_TEST((answer.batches[1].header.flags & batch_filtered) != 0u);
}

BOOST_AUTO_TEST_CASE(a_range_never_has_more_batches_than_a_message_may_have_frames) {
  Mesh mesh;
  mesh.open();
  for (unsigned i = 0; i < 60; ++i) mesh.publish({{"a", {}, std::string(70'000, 'x')}});
  ReadJob job;
  job.upto = 60;
  job.credit = 100 << 20;
  std::vector<Seq> all;
  while (job.after < 60) {
    const ReadResult result = run_read_job(*mesh.journal, job);
    BOOST_REQUIRE(result.batches.size() <= range_batches_max);
    BOOST_REQUIRE(result.through > job.after);
    for (const Seq seq : seqs_of(result.batches)) all.push_back(seq);
    job.after = result.through;
  }
  BOOST_TEST(all.size() == 60u);
}

BOOST_AUTO_TEST_CASE(a_range_leaves_out_slots_that_are_not_wanted) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}, {"a"}, {"a"}});  // without keys: slot = seq mod 64
  ReadJob job;
  job.upto = 4;
  job.credit = 1 << 20;
  job.settled = {SlotLedger{0b1010, 1, {}}};
  BOOST_TEST(seqs_of(run_read_job(*mesh.journal, job).batches) == (std::vector<Seq>{3}),
             boost::test_tools::per_element());
  job.upto = 2;
  job.settled.clear();
  const ReadResult result = run_read_job(*mesh.journal, job);
  BOOST_TEST(seqs_of(result.batches) == (std::vector<Seq>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(result.through == 2u);
}

BOOST_AUTO_TEST_CASE(a_group_with_too_many_retries_gets_nothing_new_until_it_drains) {
  Mesh mesh;
  mesh.settings.waiting_max = 2;
  mesh.open();
  mesh.publish({{"a"}, {"a"}, {"a"}, {"a"}});
  Member member{.mesh = mesh, .policy = {.backoff = {10s}, .jitter = 0}};
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  member.judge(Verdict::Kind::retry, 2);
  Ack ack{member.session, ++member.request, member.epoch, {}, {retry_of(3)}, {}};
  mesh.tell("m", ack);
  BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  BOOST_TEST(mesh.last<Refused>().id == ack.id);
  member.ask(2);
  BOOST_TEST(mesh.count<Events>() == 0u);
  mesh.pass(1s);
  BOOST_TEST(mesh.last<Events>().through == 2u);
  BOOST_TEST(mesh.noticed("retries.full") == 1u);
  for (unsigned i = 0; i < 4; ++i) {
    mesh.pass(2s);
    member.ack(0);
  }
  mesh.pass(2s);
  BOOST_TEST(mesh.count<Deliver>() == 1u);
  member.judge(Verdict::Kind::ack, 1, 2);
  BOOST_TEST(seqs_of(member.fetch(2).batches) == (std::vector<Seq>{3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_fetched_is_told_and_the_rest_went_out_live) {
  Mesh mesh;
  mesh.open();
  for (unsigned i = 0; i < 3; ++i) mesh.publish({{"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  member.fetch(0);
  mesh.publish({{"a"}, {"a"}});  // 7 and 8: live
  mesh.publish({{"a"}});         // 9: lost on the way, so it is fetched
  mesh.pass(2s);
  member.fetch(8);
  const GroupStatus status = mesh.status("g");
  BOOST_TEST((status.fetched_after == Seq{0}));
  BOOST_REQUIRE(status.fetched.size() == 2u);
  BOOST_TEST((status.fetched[0].seqs == SeqRange{1, 6}));
  BOOST_TEST((status.fetched[1].seqs == SeqRange{9, 9}));
  BOOST_TEST(status.fetched[1].member == "m");
  BOOST_TEST(status.fetched[1].at == mesh.now.wall);
}

BOOST_AUTO_TEST_CASE(old_stretches_are_forgotten_and_that_is_told) {
  FetchedBook book(10);
  for (Seq seq = 20; seq < 20 + 2 * (fetched_ranges_max + 2); seq += 2)
    book.add("m", all_slots, seq, seq + 1, 0);
  BOOST_TEST(book.ranges().size() == fetched_ranges_max);
  BOOST_TEST(book.after() == 23u);
  BOOST_TEST((book.ranges().front().seqs == SeqRange{25, 25}));
}

BOOST_AUTO_TEST_CASE(answers_of_one_second_are_one_stretch_also_when_they_are_repeated) {
  FetchedBook book;
  book.add("m", all_slots, 0, 5, 1000);
  book.add("m", all_slots, 5, 9, 2000);
  book.add("m", all_slots, 5, 9, 3000);
  book.add("m", all_slots, 9, 9, 3000);
  BOOST_REQUIRE(book.ranges().size() == 1u);
  BOOST_TEST((book.ranges()[0].seqs == SeqRange{1, 9}));
  BOOST_TEST(book.ranges()[0].at == 1000);
  book.add("m", all_slots, 9, 12, 1000 + FetchedBook::together_ns);
  book.add("other", all_slots, 12, 13, 1000 + FetchedBook::together_ns);
  BOOST_TEST(book.ranges().size() == 3u);
  book.add("m", all_slots, 12, 15, 1000 + FetchedBook::together_ns);  // they take turns
  book.add("other", 1, 13, 14, 1000 + FetchedBook::together_ns);      // of other slots than before
  BOOST_TEST(book.ranges().size() == 4u);
  BOOST_TEST((book.ranges()[1].seqs == SeqRange{10, 15}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
