#include "fixture.hpp"

namespace mesh::core {
namespace {

struct Attached {
  Mesh mesh;
  Member member{mesh};

  explicit Attached(std::size_t events) {
    member.policy = {.backoff = {1s, 2s}, .jitter = 0, .attempts_max = 3};
    mesh.open();
    mesh.publish(std::vector<TestEvent>(events));
    member.attach();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ack)

BOOST_AUTO_TEST_CASE(settled_ranges_are_answered_at_once_and_committed_soon) {
  Attached at(10);
  at.member.ack(4, {{6, 7}});
  BOOST_TEST(at.mesh.status("g").floor == 4u);
  BOOST_TEST(at.mesh.status("g").lag == 4u);
  const auto before = at.mesh.journal->read_state(Table::ledgers, "g").value();
  at.mesh.pass(at.mesh.settings.ledger_flush - 1ms);
  BOOST_TEST((at.mesh.journal->read_state(Table::ledgers, "g").value() == before));
  at.mesh.pass(1ms);
  BOOST_TEST((at.mesh.journal->read_state(Table::ledgers, "g").value() != before));
}

BOOST_AUTO_TEST_CASE(reports_are_cumulative_so_repeated_and_old_ones_do_no_harm) {
  Attached at(10);
  at.member.ack(5);
  at.member.ack(3, {{5, 8}});
  at.member.ack(5);
  BOOST_TEST(at.mesh.status("g").floor == 8u);
}

BOOST_AUTO_TEST_CASE(a_report_of_a_passed_epoch_is_stale_and_counted) {
  Attached at(10);
  at.member.epoch += 1;
  BOOST_TEST(at.member.ack(5).stale);
  BOOST_TEST(at.mesh.status("g").floor == 0u);
  BOOST_TEST(at.mesh.status("g").stale == 1u);
  BOOST_TEST(at.mesh.core->counters().stale_acks == 1u);
}

BOOST_AUTO_TEST_CASE(seqs_above_the_head_are_cut_off) {
  Attached at(10);
  at.member.ack(~Seq{0} - 1, {{~Seq{0} - 1, ~Seq{0}}});
  BOOST_TEST(at.mesh.status("g").floor == 10u);
  BOOST_TEST(at.mesh.noticed("ack.beyond_head") == 1u);
  at.member.judge(Verdict::Kind::retry, 11);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  at.mesh.publish({{"a"}});
  BOOST_TEST(at.mesh.status("g").lag == 1u);
}

BOOST_AUTO_TEST_CASE(a_retry_is_journaled_with_its_settlement_before_it_is_answered) {
  Attached at(3);
  at.mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  const Verdict verdict = retry_of(1);
  at.mesh.sent.clear();
  at.mesh.tell("m", Ack{at.member.session, 50, at.member.epoch, {}, {verdict}, {}});
  BOOST_TEST(at.mesh.sent.empty());
  BOOST_TEST(at.mesh.noticed("state.write_failed") == 1u);
  BOOST_TEST(at.mesh.turn->holding_state());
  at.mesh.tell("m", Ack{at.member.session, 51, at.member.epoch, {}, {verdict}, {}});
  BOOST_TEST(at.mesh.last<Acked>().id == 51u);
  BOOST_TEST(!at.mesh.turn->holding_state());
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  BOOST_TEST(at.mesh.status("g").floor == 1u);
  at.mesh.crash();
  at.mesh.open();
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  BOOST_TEST(at.mesh.status("g").floor == 1u);
}

BOOST_AUTO_TEST_CASE(a_repeated_verdict_counts_once) {
  Attached at(3);
  at.member.judge(Verdict::Kind::retry, 1);
  at.member.judge(Verdict::Kind::retry, 1);
  BOOST_TEST(at.mesh.status("g").retried == 1u);
  at.member.ack(2);
  at.member.judge(Verdict::Kind::retry, 2);
  at.member.judge(Verdict::Kind::park, 2);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  BOOST_TEST(at.mesh.status("g").parked == 0u);
}

BOOST_AUTO_TEST_CASE(a_verdict_on_an_attempt_that_never_was_is_ignored) {
  Attached at(3);
  at.member.judge(Verdict::Kind::retry, 1, 2);
  at.member.judge(Verdict::Kind::park, 1, 7);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(at.mesh.status("g").floor == 0u);
}

BOOST_AUTO_TEST_CASE(an_ack_of_a_first_attempt_settles_it) {
  Attached at(3);
  at.member.judge(Verdict::Kind::ack, 1);
  BOOST_TEST(at.mesh.status("g").floor == 1u);
}

BOOST_AUTO_TEST_CASE(a_late_ack_settles_an_event_that_timed_out_and_was_not_sent_again) {
  Attached at(3);
  at.member.judge(Verdict::Kind::retry, 1, 1, Reason::ack_timeout);
  at.member.judge(Verdict::Kind::ack, 1, 1);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  at.member.judge(Verdict::Kind::retry, 2, 1, Reason::handler_rejected);
  at.member.judge(Verdict::Kind::ack, 2, 1);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);  // it did not time out: it failed
}

BOOST_AUTO_TEST_CASE(a_late_ack_after_the_redelivery_settles_nothing) {
  Attached at(3);
  at.member.judge(Verdict::Kind::retry, 1, 1, Reason::ack_timeout);
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);
  at.member.judge(Verdict::Kind::ack, 1, 1);
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
  at.member.judge(Verdict::Kind::ack, 1, 2);
  BOOST_TEST(at.mesh.status("g").in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(a_group_is_settled_through_a_seq_when_no_retry_is_pending_there) {
  Attached at(3);
  BOOST_TEST(!at.mesh.core->settled(1));
  at.member.judge(Verdict::Kind::retry, 1);
  at.member.ack(3);
  BOOST_TEST(!at.mesh.core->settled(1));
  at.mesh.pass(1s);
  at.member.judge(Verdict::Kind::ack, 1, 2);
  BOOST_TEST(at.mesh.core->settled(3));
}

BOOST_AUTO_TEST_CASE(a_session_may_come_by_another_route) {
  Attached at(3);
  at.mesh.tell("elsewhere", Ack{at.member.session, 9, at.member.epoch, {}, {}, {}});
  BOOST_TEST(at.mesh.sent.back().route == "elsewhere");
  at.member.judge(Verdict::Kind::retry, 1);
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.sent.back().route == "m");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
