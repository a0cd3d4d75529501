#include "fixture.hpp"

#include <mesh/core/publisher/group.hpp>

namespace mesh::core {
namespace {

struct Lot {
  Mesh mesh;
  Member member{mesh};

  explicit Lot(std::size_t parked_max = 100) {
    member.policy = {.backoff = {1s, 2s}, .jitter = 0, .attempts_max = 2};
    mesh.settings.parked_max = parked_max;
    mesh.open();
    mesh.publish({{"a.1", "k1"}, {"a.2", "k2"}, {"b.1", "k1"}, {"b.2"}});
    member.attach();
  }

  void park(Seq seq, Reason reason = Reason::handler_rejected) {
    member.judge(Verdict::Kind::park, seq, 1, reason);
  }

  ParkedList list(ParkedFilter filter = {}, Seq after = 0, std::uint32_t limit = 100) {
    mesh.tell("op", ParkedListRequest{9, "g", std::move(filter), after, limit});
    return mesh.last<ParkedList>();
  }

  ParkedDone command(ParkedCommand::Kind kind, ParkedFilter filter = {}, bool dry_run = false) {
    mesh.tell("op", ParkedCommand{10, kind, "g", std::move(filter), dry_run});
    return mesh.last<ParkedDone>();
  }

  std::size_t stored(Table table) {
    std::size_t count = 0;
    BOOST_REQUIRE(mesh.journal
                      ->scan_state(table, {},
                                   [&](std::string_view, std::string_view) {
                                     ++count;
                                     return true;
                                   })
                      .ok());
    return count;
  }
};

constexpr auto redrive = ParkedCommand::Kind::redrive;
constexpr auto discard = ParkedCommand::Kind::discard;

}  // namespace

BOOST_AUTO_TEST_SUITE(parking)

BOOST_AUTO_TEST_CASE(a_parked_event_keeps_its_record_reason_and_history) {
  Lot lot;
  lot.park(2, Reason::undecodable);
  const ParkedList list = lot.list();
  BOOST_REQUIRE(list.events.size() == 1u);
  const ParkedEvent& event = list.events[0];
  BOOST_TEST(event.seq == 2u);
  BOOST_TEST((event.reason == Reason::undecodable));
  BOOST_TEST(event.parked_at == lot.mesh.now.wall);
  BOOST_REQUIRE(event.attempts.size() == 1u);
  BOOST_TEST(event.attempts[0].number == 1u);
  BOOST_TEST(event.attempts[0].member == "m");
  BOOST_TEST(event.attempts[0].text == "because");
  const Batch batch = make_batch(2, {{"a.2", "k2"}}, lot.mesh.now.wall);
  BOOST_TEST(as_text(event.record.view()) == as_text(batch.view().body()));
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  BOOST_TEST(lot.stored(Table::retries) == 0u);
}

BOOST_AUTO_TEST_CASE(used_up_attempts_park_for_what_failed_last) {
  Lot lot;
  const auto fail = [&](Seq seq, Reason first, Reason second) {
    lot.member.judge(Verdict::Kind::retry, seq, 1, first);
    lot.mesh.pass(1s);
    lot.member.judge(Verdict::Kind::retry, seq, 2, second);
    return lot.list({{seq}, {}, {}, {}}).events.at(0);
  };
  const ParkedEvent rejected = fail(1, Reason::ack_timeout, Reason::handler_rejected);
  BOOST_TEST((rejected.reason == Reason::retry_exhausted));
  BOOST_TEST(rejected.attempts.size() == 2u);
  BOOST_TEST((rejected.attempts[0].reason == Reason::ack_timeout));
  BOOST_TEST((fail(2, Reason::handler_rejected, Reason::ack_timeout).reason == Reason::ack_timeout));
}

BOOST_AUTO_TEST_CASE(an_event_that_kills_its_members_is_parked_as_consumer_crash) {
  Lot lot;
  lot.member.judge(Verdict::Kind::retry, 1);
  lot.mesh.pass(1s);
  lot.mesh.pass(6s);
  BOOST_TEST((lot.list().events.at(0).reason == Reason::consumer_crash));
}

BOOST_AUTO_TEST_CASE(until_it_is_parked_it_stays_in_the_retry_store_over_a_crash) {
  Lot lot;
  lot.mesh.hold_reads = true;
  lot.park(1);
  BOOST_TEST(lot.mesh.status("g").parked == 0u);
  BOOST_TEST(lot.mesh.status("g").waiting == 1u);
  lot.mesh.crash();
  lot.mesh.hold_reads = false;
  lot.mesh.open();
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  BOOST_TEST(lot.mesh.status("g").waiting == 0u);
  BOOST_TEST(lot.list().events.at(0).seq == 1u);
}

BOOST_AUTO_TEST_CASE(parking_is_one_commit_that_happens_whole_or_not_at_all) {
  Lot lot;
  lot.mesh.hold_reads = true;
  lot.park(1);
  lot.mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  lot.mesh.hold_reads = false;
  lot.mesh.run_read();
  lot.mesh.turn->finish(lot.mesh.now);
  BOOST_TEST(lot.stored(Table::parked) == 0u);
  BOOST_TEST(lot.stored(Table::retries) == 1u);
  lot.mesh.finish();
  BOOST_TEST(lot.stored(Table::parked) == 1u);
  BOOST_TEST(lot.stored(Table::retries) == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_lot_keeps_the_event_in_retry_with_a_warning) {
  Lot lot(1);
  lot.park(1);
  lot.park(2);
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  BOOST_TEST(lot.mesh.status("g").waiting == 1u);
  BOOST_TEST(lot.mesh.noticed("parked.full") == 1u);
  lot.mesh.pass(2s);
  lot.command(discard);
  lot.member.judge(Verdict::Kind::retry, 2, 2);
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  BOOST_TEST(lot.list().events.at(0).seq == 2u);
}

BOOST_AUTO_TEST_CASE(filters_select_by_every_given_condition) {
  Lot lot;
  lot.park(1);
  lot.park(2, Reason::no_handler);
  lot.park(3);
  lot.park(4);
  const auto seqs = [&](ParkedFilter filter) {
    std::vector<Seq> out;
    for (const ParkedEvent& event : lot.list(std::move(filter)).events) out.push_back(event.seq);
    return out;
  };
  BOOST_TEST(seqs({}) == (std::vector<Seq>{1, 2, 3, 4}), boost::test_tools::per_element());
  BOOST_TEST(seqs({{}, "a.", {}, {}}) == (std::vector<Seq>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(seqs({{}, "", {}, "k1"}) == (std::vector<Seq>{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(seqs({{}, "a.", {}, "k1"}) == (std::vector<Seq>{1}), boost::test_tools::per_element());
  BOOST_TEST(seqs({{}, "", Reason::no_handler, {}}) == (std::vector<Seq>{2}),
             boost::test_tools::per_element());
  BOOST_TEST(seqs({{4, 2, 2, 99}, "", {}, {}}) == (std::vector<Seq>{2, 4}), boost::test_tools::per_element());
  const ParkedList page = lot.list({}, 1, 2);
  BOOST_TEST(page.events.size() == 2u);
  BOOST_TEST(page.events[0].seq == 2u);
  BOOST_TEST(page.more);
  BOOST_TEST(!lot.list({}, 3, 2).more);
}

BOOST_AUTO_TEST_CASE(a_list_is_bounded_in_bytes_and_says_that_there_is_more) {
  Lot lot;
  for (Seq seq = 5; seq <= 8; ++seq) {
    lot.mesh.publish({{"big", {}, std::string(300'000, 'x')}});
    lot.park(seq);
  }
  const ParkedList list = lot.list();
  BOOST_TEST(list.events.size() == 1u);
  BOOST_TEST(list.more);
}

BOOST_AUTO_TEST_CASE(a_redriven_event_comes_with_fresh_attempts_and_its_count) {
  Lot lot;
  lot.park(2);
  BOOST_TEST(lot.command(redrive, {}, true).count == 1u);
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  const ParkedDone done = lot.command(redrive);
  BOOST_TEST(done.count == 1u);
  BOOST_TEST(done.seqs == (std::vector<Seq>{2}), boost::test_tools::per_element());
  BOOST_TEST(lot.mesh.status("g").parked == 0u);
  BOOST_TEST(lot.stored(Table::parked) == 0u);
  BOOST_TEST((lot.mesh.last<Deliver>().items == std::vector<Redelivery>{{2, 1, 1}}));
  BOOST_TEST(seqs_of(lot.mesh.last<Deliver>().batches) == (std::vector<Seq>{2}),
             boost::test_tools::per_element());
  lot.member.judge(Verdict::Kind::ack, 2, 1);  // an old one, of the first delivery
  BOOST_TEST(lot.mesh.status("g").in_flight == 1u);
  lot.member.judge(Verdict::Kind::retry, 2, 1, Reason::handler_rejected, 1);
  lot.mesh.pass(1s);
  BOOST_TEST((lot.mesh.last<Deliver>().items == std::vector<Redelivery>{{2, 2, 1}}));
  lot.member.judge(Verdict::Kind::ack, 2, 2, Reason::handler_rejected, 1);
  BOOST_TEST(lot.stored(Table::retries) == 0u);  // the copy is gone too
}

BOOST_AUTO_TEST_CASE(a_redriven_event_that_fails_again_is_parked_again_with_all_its_history) {
  Lot lot;
  lot.park(2);
  lot.command(redrive);
  lot.member.judge(Verdict::Kind::park, 2, 1, Reason::no_handler, 1);
  const ParkedEvent event = lot.list().events.at(0);
  BOOST_TEST(event.redrives == 1u);
  BOOST_TEST(event.attempts.size() == 2u);
  BOOST_TEST(lot.stored(Table::retries) == 0u);
}

BOOST_AUTO_TEST_CASE(a_redriven_event_survives_retention_and_a_crash) {
  Lot lot;
  lot.park(2);
  lot.member.detach(4);
  lot.command(redrive);
  lot.mesh.crash();
  lot.mesh.open();
  BOOST_TEST(lot.mesh.status("g").waiting == 1u);
  lot.mesh.hold_reads = true;  // what is delivered comes out of state alone
  lot.member.attach();
  BOOST_TEST(lot.mesh.reads.empty());
  BOOST_TEST((lot.mesh.last<Deliver>().items == std::vector<Redelivery>{{2, 1, 1}}));
}

BOOST_AUTO_TEST_CASE(a_long_redrive_is_done_in_steps) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(1000));
  Member member{.mesh = mesh, .policy = {.backoff = {1h}, .jitter = 0}};
  member.attach();
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= 1000; ++seq) {
    verdicts.push_back(retry_of(seq));
    verdicts.back().kind = Verdict::Kind::park;
  }
  member.ack(0, {}, verdicts);
  BOOST_REQUIRE(mesh.status("g").parked == 1000u);
  mesh.tell("op", ParkedCommand{10, redrive, "g", {}, false});
  const ParkedDone done = mesh.last<ParkedDone>();
  BOOST_TEST(done.count == 1000u);
  BOOST_TEST(done.seqs.size() == 1000u);
  BOOST_TEST(mesh.status("g").parked == 0u);
  BOOST_TEST(mesh.status("g").in_flight == mesh.settings.redeliveries_in_flight_max);
}

BOOST_AUTO_TEST_CASE(a_redrive_stops_where_the_retries_are_full) {
  Mesh mesh;
  mesh.settings.waiting_max = 2;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(4));
  Member member{mesh};
  member.attach();
  for (Seq seq = 1; seq <= 4; ++seq) member.judge(Verdict::Kind::park, seq);
  BOOST_REQUIRE(mesh.status("g").parked == 4u);
  mesh.tell("op", ParkedCommand{10, redrive, "g", {}, false});
  BOOST_TEST(mesh.last<ParkedDone>().count == 2u);
  mesh.tell("op", ParkedCommand{11, redrive, "g", {}, false});
  BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  BOOST_TEST(mesh.status("g").parked == 2u);
}

BOOST_AUTO_TEST_CASE(a_discard_leaves_an_audit_entry_and_nothing_else) {
  Lot lot;
  lot.park(1);
  lot.park(2);
  BOOST_TEST(lot.command(discard, {{2}, {}, {}, {}}).count == 1u);
  BOOST_TEST(lot.command(discard, {{2}, {}, {}, {}}).count == 0u);
  BOOST_TEST(lot.mesh.status("g").parked == 1u);
  BOOST_TEST(lot.stored(Table::parked) == 1u);
  BOOST_TEST(lot.stored(Table::audit) == 1u);
  lot.mesh.crash();
  lot.mesh.open();
  BOOST_TEST(lot.command(discard).count == 1u);
  BOOST_TEST(lot.stored(Table::audit) == 2u);
}

BOOST_AUTO_TEST_CASE(what_befalls_events_is_told_with_their_seqs) {
  using What = Incident::What;
  Lot lot;
  BOOST_TEST(lot.mesh.status("g").incidents == 0u);
  lot.member.judge(Verdict::Kind::retry, 1, 1, Reason::ack_timeout);
  lot.park(2);
  lot.park(3, Reason::undecodable);
  lot.command(redrive, ParkedFilter{{2}, "", {}, {}});
  lot.command(discard, ParkedFilter{{3}, "", {}, {}});
  const GroupStatus status = lot.mesh.status("g");
  BOOST_TEST(status.incidents == 5u);
  const std::vector<Incident> expected = {{What::retry, 1, 2, Reason::ack_timeout},
                                          {What::parked, 2, 1, Reason::handler_rejected},
                                          {What::parked, 3, 1, Reason::undecodable},
                                          {What::redriven, 2, 0, std::nullopt},
                                          {What::discarded, 3, 0, std::nullopt}};
  BOOST_TEST((status.newest == expected));
}

BOOST_AUTO_TEST_CASE(only_the_newest_incidents_are_told) {
  Group group;
  for (Seq seq = 1; seq <= 2 * incidents_told_max; ++seq)
    note_incident(group, {Incident::What::parked, seq, 1, Reason::no_handler});
  BOOST_TEST(group.incidents == 2 * incidents_told_max);
  BOOST_TEST(group.newest.size() == incidents_told_max);
  BOOST_TEST(group.newest.back().seq == 2 * incidents_told_max);
}

BOOST_AUTO_TEST_CASE(unknown_groups_are_named_as_such) {
  Lot lot;
  lot.mesh.tell("op", ParkedListRequest{9, "nobody", {}, 0, 10});
  BOOST_TEST((lot.mesh.last<Refused>().code == Errc::unknown_group));
  lot.mesh.tell("op", ParkedCommand{10, discard, "nobody", {}, false});
  BOOST_TEST(lot.mesh.last<Refused>().id == 10u);
}

BOOST_AUTO_TEST_CASE(groups_are_listed_with_ages_and_members) {
  Lot lot;
  lot.mesh.pass(3s);
  lot.mesh.tell("op", GroupsRequest{7});
  GroupStatus status = lot.mesh.last<GroupList>().groups.at(0);
  BOOST_TEST(lot.mesh.last<GroupList>().head == 4u);
  BOOST_TEST(status.oldest_unsettled == 1u);
  BOOST_TEST((status.oldest_age == 3s));
  BOOST_REQUIRE(status.members.size() == 1u);
  BOOST_TEST(status.members[0].member == "m");
  BOOST_TEST((status.members[0].idle == 3s));
  lot.member.ack(4);
  lot.mesh.tell("op", GroupsRequest{8});
  status = lot.mesh.last<GroupList>().groups.at(0);
  BOOST_TEST(status.oldest_unsettled == 0u);
  BOOST_TEST(!status.oldest_age.has_value());
}

BOOST_AUTO_TEST_CASE(info_tells_who_this_is) {
  Lot lot;
  lot.mesh.usage();
  lot.mesh.tell("op", InfoRequest{7});
  const Info info = lot.mesh.last<Info>();
  BOOST_TEST((info.origin == test_origin()));
  BOOST_TEST(info.name == "test");
  BOOST_TEST(info.head == 4u);
  BOOST_TEST(info.group_count == 1u);
  BOOST_TEST(info.session_count == 1u);
  BOOST_TEST(info.journal_bytes > 0u);
  BOOST_TEST(std::count(info.version.begin(), info.version.end(), '.') == 2);
  BOOST_TEST(info.time == lot.mesh.now.wall);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
