// Order::key: what stands behind a failed event of its key, and what the members are told of that.
#include "ordered_fixture.hpp"

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(key_order)

BOOST_AUTO_TEST_CASE(only_the_first_of_a_key_is_given_out_and_the_next_after_its_ack) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2), at.of(Told::behind, 4)});
  BOOST_TEST(at.taken().empty());
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::retry, 1, 2);
  at.mesh.pass(2s);
  BOOST_TEST((at.taken() == Given{{1, 3, 0}}));
  at.tell(Told::ack, 1, 3);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  at.tell(Told::ack, 2);
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
  BOOST_TEST(at.unblocks() == 0u);
  at.tell(Told::ack, 4);
  BOOST_TEST(at.taken().empty());
  BOOST_REQUIRE(at.unblocks() == 1u);
  const Unblock unblock = at.mesh.last<Unblock>();
  BOOST_TEST((unblock.keys == Keys{key_k}));
  BOOST_TEST(unblock.session == at.member.session);
  BOOST_TEST(unblock.epoch == at.member.epoch);
  BOOST_TEST(unblock.through == at.member.request);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(at.mesh.status("g").floor == 2u);
}

BOOST_AUTO_TEST_CASE(other_keys_and_events_without_one_do_not_wait) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2), at.of(Told::retry, 3), at.of(Told::retry, 5)});
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}, {3, 2, 0}, {5, 2, 0}}));
  at.tell(Told::ack, 3, 2);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_other}));
  at.tell(Told::ack, 5, 2);
  BOOST_TEST(at.unblocks() == 1u);  // without a key there is nothing to free
}

BOOST_AUTO_TEST_CASE(what_was_held_back_of_a_free_key_comes_back_at_once_and_frees_it_again) {
  Ordered at;
  at.tell(Told::behind, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  BOOST_TEST(at.unblocks() == 0u);
  at.tell(Told::ack, 2);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
}

BOOST_AUTO_TEST_CASE(verdicts_that_come_again_or_late_change_nothing) {
  Ordered at;
  const std::vector<Verdict> told{at.of(Told::retry, 1), at.of(Told::behind, 2)};
  at.tell(told);
  at.tell(told);
  at.tell(Told::behind, 1);  // it has failed since
  BOOST_TEST(at.mesh.status("g").waiting == 2u);
  BOOST_TEST(at.mesh.status("g").retried == 1u);
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::behind, 1, 2);  // it flies, and is not in line behind another
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  at.tell(told);
  at.tell(Told::behind, 2);
  BOOST_TEST(at.mesh.status("g").in_flight == 1u);
  BOOST_TEST(at.taken().empty());
  at.tell(Told::ack, 2);
  at.tell(told);
  BOOST_TEST(at.mesh.status("g").waiting + at.mesh.status("g").in_flight == 0u);
  BOOST_TEST(at.taken().empty());
  BOOST_TEST(at.unblocks() == 1u);
}

BOOST_AUTO_TEST_CASE(a_later_one_that_flies_when_an_earlier_fails_waits_when_it_fails_too) {
  Ordered at;
  at.tell(Told::behind, 4);
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
  at.tell(Told::retry, 1);
  at.tell({at.of(Told::retry, 4)});
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{4, 2, 0}}));
}

BOOST_AUTO_TEST_CASE(a_later_one_that_is_being_read_when_an_earlier_fails_is_not_sent) {
  Ordered at;
  at.mesh.hold_reads = true;
  at.tell(Told::behind, 4);
  BOOST_REQUIRE(at.mesh.reads.size() == 1u);
  at.tell(Told::retry, 1);
  at.mesh.release_reads();
  BOOST_TEST(at.taken().empty());
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(an_event_that_retention_took_holds_its_key_no_longer) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2)});
  at.mesh.hold_reads = true;
  at.mesh.pass(1s);
  BOOST_REQUIRE(at.mesh.reads.size() == 1u);
  ReadResult nothing;
  nothing.id = at.mesh.reads.front().id;
  nothing.through = 1;
  at.mesh.reads.pop_front();
  at.mesh.core->on_read(nothing, at.mesh.now);
  at.mesh.finish();
  at.mesh.release_reads();
  BOOST_TEST(at.mesh.status("g").expired == 1u);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_the_lines_and_tells_which_keys_are_blocked) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2), at.of(Told::behind, 4)});
  const Welcome welcome = at.restart();
  BOOST_TEST((welcome.blocked == Keys{key_k}));
  BOOST_TEST(at.unblocks() == 0u);
  // None of them is a suspect, so what has not been given out is not kept back.
  BOOST_TEST(!at.member.fetch(0).batches.empty());
  at.taken();
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  BOOST_TEST((at.restart().blocked == Keys{key_k}));
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  at.tell({at.of(Told::ack, 2)});
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
  at.tell(Told::ack, 4);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
  BOOST_TEST(at.restart().blocked.empty());
}

BOOST_AUTO_TEST_CASE(who_stood_behind_over_a_restart_is_no_suspect) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2), at.of(Told::retry, 3)});
  at.restart();
  at.taken();
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}, {3, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));  // beside 3: it need not fly alone
}

BOOST_AUTO_TEST_CASE(without_order_all_is_as_ever) {
  RetryPolicy policy = ordered_policy();
  policy.order = Order::none;
  Ordered at(policy);
  at.tell({at.of(Told::retry, 1), at.of(Told::retry, 2), at.of(Told::retry, 4)});
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}, {2, 2, 0}, {4, 2, 0}}));
  BOOST_TEST(at.restart().blocked.empty());
  BOOST_TEST((at.taken() == Given{{1, 2, 0}, {2, 2, 0}, {4, 2, 0}}));
  for (const Seq seq : {1, 2, 4}) at.tell(Told::ack, seq, 2);
  BOOST_TEST(at.unblocks() == 0u);
}

BOOST_AUTO_TEST_CASE(a_policy_that_changes_lets_all_go_or_lines_up_again) {
  Ordered at;
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 2), at.of(Told::behind, 4)});
  at.member.detach(0);
  at.member.policy.order = Order::none;
  BOOST_TEST(at.member.attach().blocked.empty());
  BOOST_TEST((at.taken() == Given{{2, 1, 0}, {4, 1, 0}}));
  at.member.detach(0);
  at.member.policy.order = Order::key;
  BOOST_TEST((at.member.attach().blocked == Keys{key_k}));
  at.taken();
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(a_suspect_behind_another_of_its_key_does_not_hold_up_the_others) {
  Ordered at;
  at.member.fetch(0);
  Verdict late = at.of(Told::retry, 1);
  late.delay = 1h;
  at.tell({late});
  at.mesh.pass(7s);
  BOOST_REQUIRE(at.mesh.noticed("member.lost") == 1u);
  at.taken();
  Member second{.mesh = at.mesh, .name = "second", .policy = at.member.policy};
  BOOST_TEST((second.attach().blocked == Keys{key_k}));
  std::vector<Seq> seen;
  for (int i = 0; i < 10; ++i) {
    std::vector<Verdict> verdicts;
    for (const Redelivery& item : at.taken()) {
      seen.push_back(item.seq);
      verdicts.push_back(at.of(Told::ack, item.seq, item.attempt));
    }
    second.ack(0, {}, verdicts);
  }
  BOOST_TEST(seen == (std::vector<Seq>{3, 5, 7}), boost::test_tools::per_element());
  BOOST_TEST(at.mesh.status("g").waiting == 4u);  // 1, 2, 4, 6
  second.fetch(0);                                // it is answered: no suspect is left
}

BOOST_AUTO_TEST_CASE(a_rewind_gives_out_anew_what_has_not_failed) {
  Ordered at;
  at.tell({at.of(Told::retry, 1, 1), at.of(Told::behind, 2), at.of(Told::behind, 4)});
  const auto command = [&](GroupCommand::Kind kind) {
    at.mesh.tell("op", GroupCommand{77, kind, "g", Start{Start::Kind::seq, 1, 0}, false});
    return at.mesh.last<GroupDone>();
  };
  command(GroupCommand::Kind::pause);
  at.member.release(0);
  BOOST_TEST(command(GroupCommand::Kind::rewind).floor == 1u);  // 1 keeps its place among the retries
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  command(GroupCommand::Kind::resume);
  BOOST_TEST((at.member.granted().blocked == Keys{key_k}));
  BOOST_TEST(seqs_of(at.member.fetch(0).batches) == (std::vector<Seq>{2, 3, 4, 5, 6, 7}),
             boost::test_tools::per_element());
  at.tell(Told::behind, 2);
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
