#include "fixture.hpp"

namespace mesh::core {
namespace {

struct Failing {
  Mesh mesh;
  Member member{mesh};

  explicit Failing(std::size_t events = 3) {
    member.policy = {.backoff = {1s, 2s}, .jitter = 0, .attempts_max = 3};
    mesh.open();
    mesh.publish(std::vector<TestEvent>(events));
    member.attach();
  }

  std::string stored(Seq seq) {
    std::string key = "g";
    key.push_back('\0');
    for (int i = 7; i >= 0; --i) key.push_back(static_cast<char>(seq >> (8 * i)));
    return mesh.journal->read_state(Table::retries, key).value().value_or("");
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redelivery)

BOOST_AUTO_TEST_CASE(a_failed_event_comes_again_with_its_attempt_when_it_is_due) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 2);
  at.mesh.pass(999ms);
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  at.mesh.pass(1ms);
  const Deliver deliver = at.mesh.last<Deliver>();
  BOOST_TEST((deliver.items == std::vector<Redelivery>{{2, 2, 0}}));
  BOOST_TEST(seqs_of(deliver.batches) == (std::vector<Seq>{2}), boost::test_tools::per_element());
  BOOST_TEST(deliver.session == at.member.session);
  at.member.judge(Verdict::Kind::retry, 2, 2);
  at.mesh.pass(2s);
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{2, 3, 0}}));
  at.member.judge(Verdict::Kind::ack, 2, 3);
  BOOST_TEST(at.stored(2).empty());
  BOOST_TEST(at.mesh.status("g").redelivered == 2u);
}

BOOST_AUTO_TEST_CASE(the_attempt_is_journaled_before_it_is_sent) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  const std::string waiting = at.stored(1);
  at.mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  BOOST_TEST(at.stored(1) == waiting);
  // It counts as sent and is not held, so it goes out once state can be written.
  for (unsigned i = 0; i < 3; ++i) {
    at.mesh.pass(1s);
    at.member.ack(0);
  }
  BOOST_TEST(at.mesh.count<Deliver>() >= 1u);
  BOOST_TEST(at.stored(1) != waiting);
}

// Several commits may be made at one time by the clock.
BOOST_AUTO_TEST_CASE(what_was_sent_stays_in_hand_when_the_next_commit_fails) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(1s);
  BOOST_REQUIRE(at.mesh.count<Deliver>() == 1u);
  const std::string flying = at.stored(1);
  at.mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  at.mesh.tell("n", Member{.mesh = at.mesh, .group = "other"}.hello());
  BOOST_REQUIRE(at.mesh.turn->holding_state());
  at.mesh.pass(1s);
  BOOST_TEST(!at.mesh.turn->holding_state());
  BOOST_TEST(at.stored(1) == flying);
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);
}

BOOST_AUTO_TEST_CASE(the_handlers_wish_replaces_the_backoff) {
  Failing at;
  at.member.ack(0, {}, {retry_of(1, 1, 30ms)});
  at.mesh.pass(30ms);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);
}

BOOST_AUTO_TEST_CASE(no_more_than_the_bound_are_in_flight_and_the_earliest_go_first) {
  Failing at(20);
  at.mesh.settings.redeliveries_in_flight_max = 64;
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= 20; ++seq) {
    verdicts.push_back(retry_of(seq, 1, Duration((21 - seq) * 1ms)));
  }
  at.member.ack(0, {}, verdicts);
  at.mesh.stall(1s);
  std::vector<Seq> order;
  for (const ControlOut& out : at.mesh.sent) {
    if (const auto* deliver = std::get_if<Deliver>(&out.message)) {
      for (const Redelivery& item : deliver->items) order.push_back(item.seq);
    }
  }
  BOOST_REQUIRE(order.size() == 20u);
  BOOST_TEST(order.front() == 20u);
  BOOST_TEST(order.back() == 1u);
}

BOOST_AUTO_TEST_CASE(in_flight_is_bounded_and_the_next_follows_a_verdict) {
  Mesh mesh;
  mesh.settings.redeliveries_in_flight_max = 2;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(5));
  Member member{.mesh = mesh, .policy = {.backoff = {0s}, .jitter = 0}};
  member.attach();
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= 5; ++seq) verdicts.push_back(retry_of(seq));
  member.ack(0, {}, verdicts);
  BOOST_TEST(mesh.status("g").in_flight == 2u);
  BOOST_TEST(mesh.status("g").waiting == 3u);
  member.judge(Verdict::Kind::ack, 1, 2);
  BOOST_TEST(mesh.status("g").in_flight == 2u);
  BOOST_TEST(mesh.last<Deliver>().items[0].seq == 3u);
}

BOOST_AUTO_TEST_CASE(what_the_member_does_not_hold_is_sent_again_as_the_same_attempt) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(1s);
  at.mesh.pass(10ms);
  at.member.ack(0, {}, {}, {{1, 2}});
  at.mesh.pass(3s);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);  // no Ack since that did not name it
  at.member.ack(0);
  at.mesh.pass(1ms);
  BOOST_TEST(at.mesh.count<Deliver>() == 2u);
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 2, 0}}));
  BOOST_TEST(at.mesh.status("g").retried == 1u);
}

BOOST_AUTO_TEST_CASE(attempts_that_are_used_up_park_the_event) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(1s);
  at.member.judge(Verdict::Kind::retry, 1, 2);
  at.mesh.pass(2s);
  at.member.judge(Verdict::Kind::retry, 1, 3);
  BOOST_TEST(at.mesh.status("g").parked == 1u);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(at.stored(1).empty());
  BOOST_TEST(at.mesh.noticed("event.parked") == 1u);
}

BOOST_AUTO_TEST_CASE(a_lost_member_is_charged_for_what_it_had_in_hand_and_for_nothing_else) {
  Failing at;
  Member second{.mesh = at.mesh, .name = "second", .policy = at.member.policy};
  at.member.judge(Verdict::Kind::retry, 1);
  at.member.judge(Verdict::Kind::retry, 2, 1, Reason::ack_timeout);
  at.mesh.pass(1s);
  at.member.ack(0, {}, {retry_of(2, 2, 20s)});
  at.mesh.pass(6s);
  BOOST_TEST(at.mesh.noticed("member.lost") == 1u);
  BOOST_TEST(at.mesh.status("g").retried == 4u);
  BOOST_TEST(at.mesh.status("g").in_flight == 0u);
  at.mesh.sent.clear();
  second.attach();
  at.mesh.pass(2s);
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 3, 0}}));
  BOOST_TEST(at.mesh.last<Deliver>().session == second.session);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
}

BOOST_AUTO_TEST_CASE(a_detached_member_is_charged_nothing) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
  at.member.detach(0);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  at.member.attach();
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 2, 0}}));
  BOOST_TEST(at.mesh.status("g").retried == 1u);
}

BOOST_AUTO_TEST_CASE(an_event_that_retention_took_is_given_up_and_counted) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 2);
  BOOST_REQUIRE(at.mesh.status("g").waiting == 1u);
  // A seq within the head that no batch holds: as after its segment has been dropped.
  at.mesh.hold_reads = true;
  at.mesh.pass(1s);
  BOOST_REQUIRE(at.mesh.reads.size() == 1u);
  ReadResult nothing;
  nothing.id = at.mesh.reads.front().id;
  nothing.through = 2;
  at.mesh.core->on_read(nothing, at.mesh.now);
  at.mesh.finish();
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(at.mesh.status("g").expired == 1u);
  BOOST_TEST(at.mesh.noticed("event.expired") == 1u);
  BOOST_TEST(at.stored(2).empty());
}

BOOST_AUTO_TEST_CASE(a_read_that_failed_is_tried_again_later) {
  Failing at;
  BOOST_REQUIRE(at.mesh.store->damage(1));
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(4s);
  at.member.ack(0);
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  BOOST_REQUIRE(at.mesh.store->damage(1));  // the same bit again: it is well
  at.mesh.pass(3s);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);
}

BOOST_AUTO_TEST_CASE(a_result_that_comes_after_the_member_has_gone_waits_for_the_next) {
  Failing at;
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.hold_reads = true;
  at.mesh.pass(1s);
  at.member.detach(0);
  at.mesh.release_reads();
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  BOOST_TEST(at.mesh.status("g").in_flight == 0u);
  at.member.attach();
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 2, 0}}));
}

BOOST_AUTO_TEST_CASE(many_redeliveries_come_in_messages_of_bounded_size) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(40, {"a", {}, std::string(200'000, 'x')}));
  Member member{.mesh = mesh, .policy = {.backoff = {0s}, .jitter = 0}};
  member.attach();
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= 40; ++seq) verdicts.push_back(retry_of(seq));
  member.ack(0, {}, verdicts);
  BOOST_TEST(mesh.status("g").in_flight == 40u);
  std::size_t items = 0;
  for (const ControlOut& out : mesh.sent) {
    const auto* deliver = std::get_if<Deliver>(&out.message);
    if (deliver == nullptr) continue;
    BOOST_TEST(deliver->batches.size() <= 5u);
    items += deliver->items.size();
  }
  BOOST_TEST(items == 40u);
}

BOOST_AUTO_TEST_CASE(what_was_not_handled_comes_again_as_attempt_one_and_saying_so_late_changes_nothing) {
  TwoMembers at;
  at.first.judge(Verdict::Kind::behind, 2);
  BOOST_TEST((at.mesh.last<Deliver>().items == std::vector<Redelivery>{{2, 1, 0}}));
  BOOST_TEST(at.mesh.status("g").retried == 0u);
  at.mesh.sent.clear();
  at.first.judge(Verdict::Kind::behind, 2);
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
