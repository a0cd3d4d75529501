// Order::key and the parking lot: what comes of those behind a parked event, by the group's on_park.
#include "ordered_fixture.hpp"

namespace mesh::core {
namespace {

constexpr auto put_back = ParkedCommand::Kind::redrive;
constexpr auto throw_away = ParkedCommand::Kind::discard;

/// 1 is parked; 2 and 4, and later 6, are of its key.
struct KeyParked : Ordered {
  KeyParked() : Ordered(ordered_policy(OnPark::park_key)) {
    tell({of(Told::park, 1), of(Told::behind, 2), of(Told::behind, 4)});
    mesh.sent.clear();
  }

  std::vector<Seq> parked_seqs() {
    std::vector<Seq> out;
    for (const ParkedEvent& event : parked()) out.push_back(event.seq);
    return out;
  }
};

using ParkedSeqs = std::vector<Seq>;

/// With all the others in hand.
void park_the_first_and_lose_the_member(Ordered& at) {
  at.member.fetch(0);
  at.tell(Told::park, 1);
  at.mesh.pass(7s);
  BOOST_REQUIRE(at.mesh.noticed("member.lost") == 1u);
  at.taken();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_parking)

BOOST_AUTO_TEST_CASE(those_behind_go_on_when_it_is_parked_and_not_before) {
  Ordered at;
  at.mesh.hold_reads = true;
  at.tell({at.of(Told::park, 1), at.of(Told::behind, 2), at.of(Told::behind, 4)});
  BOOST_TEST(at.mesh.reads.size() == 1u);  // what is to be parked
  at.mesh.release_reads();
  BOOST_TEST(at.mesh.status("g").parked == 1u);
  BOOST_TEST((at.taken() == Given{{2, 1, 0}}));
  at.tell(Told::ack, 2);
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
  at.tell(Told::ack, 4);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
}

BOOST_AUTO_TEST_CASE(a_redriven_event_stands_in_line_with_those_that_wait) {
  Ordered at;
  at.tell(Told::park, 2);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
  at.tell({at.of(Told::retry, 1), at.of(Told::behind, 4)});
  at.command(put_back);
  BOOST_TEST(at.taken().empty());
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 0}}));
  at.tell(Told::ack, 1, 2);
  BOOST_TEST((at.taken() == Given{{2, 1, 1}}));
  at.tell(Told::ack, 2, 1, 1);
  BOOST_TEST((at.taken() == Given{{4, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(those_behind_are_parked_too_and_what_comes_later) {
  KeyParked at;
  BOOST_TEST(at.taken().empty());
  std::vector<ParkedEvent> parked = at.parked();
  BOOST_REQUIRE(parked.size() == 3u);
  BOOST_TEST((parked[0].reason == Reason::handler_rejected));
  BOOST_TEST(parked[0].attempts.size() == 1u);
  for (const std::size_t i : {1u, 2u}) {
    BOOST_TEST((parked[i].reason == Reason::key_parked));
    BOOST_TEST(parked[i].attempts.empty());
    BOOST_TEST(parked[i].redrives == 0u);
  }
  at.tell(Told::behind, 6);
  parked = at.parked();
  BOOST_REQUIRE(parked.size() == 4u);
  BOOST_TEST((parked[3].reason == Reason::key_parked));
  // Others are not concerned.
  at.tell({at.of(Told::retry, 3), at.of(Told::behind, 7)});
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{3, 2, 0}}));
  at.tell(Told::ack, 3, 2);
  BOOST_TEST((at.taken() == Given{{7, 1, 0}}));
  at.tell(Told::ack, 7);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_other}));
  BOOST_TEST(at.unblocks() == 1u);
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
}

BOOST_AUTO_TEST_CASE(a_later_one_that_had_failed_itself_is_parked_with_its_attempts) {
  Ordered at(ordered_policy(OnPark::park_key));
  at.tell(Told::retry, 4);
  at.tell(Told::park, 1);
  const std::vector<ParkedEvent> parked = at.parked();
  BOOST_REQUIRE(parked.size() == 2u);
  BOOST_TEST(parked[1].seq == 4u);
  BOOST_TEST((parked[1].reason == Reason::key_parked));
  BOOST_TEST(parked[1].attempts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_earlier_one_is_given_out_while_a_later_one_is_parked) {
  Ordered at(ordered_policy(OnPark::park_key));
  at.tell(Told::park, 2);
  at.tell(Told::behind, 1);
  BOOST_TEST((at.taken() == Given{{1, 1, 0}}));
  at.tell(Told::ack, 1);
  BOOST_TEST(at.unblocks() == 0u);
  at.command(throw_away);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
}

BOOST_AUTO_TEST_CASE(a_redrive_brings_them_in_order) {
  KeyParked at;
  at.command(put_back);
  BOOST_TEST(at.mesh.last<ParkedDone>().count == 3u);
  BOOST_TEST(at.mesh.count<Refused>() == 0u);
  BOOST_TEST((at.taken() == Given{{1, 1, 1}}));
  at.tell(Told::behind, 6);
  at.tell(Told::retry, 1, 1, 1);
  at.mesh.pass(1s);
  BOOST_TEST((at.taken() == Given{{1, 2, 1}}));
  at.tell(Told::ack, 1, 2, 1);
  BOOST_TEST((at.taken() == Given{{2, 1, 1}}));
  at.tell(Told::ack, 2, 1, 1);
  BOOST_TEST((at.taken() == Given{{4, 1, 1}}));
  at.tell(Told::ack, 4, 1, 1);
  BOOST_TEST((at.taken() == Given{{6, 1, 0}}));
  BOOST_TEST(at.unblocks() == 0u);
  at.tell(Told::ack, 6);
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
  BOOST_TEST(at.mesh.status("g").parked == 0u);
}

BOOST_AUTO_TEST_CASE(a_later_one_alone_is_not_redriven) {
  KeyParked at;
  at.command(put_back, {2});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::in_use));
  BOOST_TEST(at.mesh.last<Refused>().id == 10u);
  BOOST_TEST(at.parked_seqs() == (ParkedSeqs{1, 2, 4}), boost::test_tools::per_element());
  // With one of another key that one goes, and the rest is told.
  at.tell(Told::park, 3);
  at.mesh.sent.clear();
  at.command(put_back, {2, 3, 4});
  BOOST_TEST((at.mesh.last<ParkedDone>().seqs == ParkedSeqs{3}));
  BOOST_TEST(at.mesh.noticed("parked.behind") == 1u);
  BOOST_TEST((at.taken() == Given{{3, 1, 1}}));
  BOOST_TEST(at.parked_seqs() == (ParkedSeqs{1, 2, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_alone_is_redriven_and_the_others_stay) {
  KeyParked at;
  at.command(put_back, {1});
  BOOST_TEST((at.taken() == Given{{1, 1, 1}}));
  at.tell(Told::ack, 1, 1, 1);
  BOOST_TEST(at.taken().empty());
  BOOST_TEST(at.unblocks() == 0u);
  BOOST_TEST(at.parked_seqs() == (ParkedSeqs{2, 4}), boost::test_tools::per_element());
  at.command(put_back, {2, 4});
  BOOST_TEST((at.taken() == Given{{2, 1, 1}}));
}

BOOST_AUTO_TEST_CASE(a_redriven_one_that_is_parked_again_keeps_those_behind_it) {
  KeyParked at;
  at.command(put_back);
  at.tell(Told::park, 1, 1, 1);
  BOOST_TEST(at.parked_seqs() == (ParkedSeqs{1, 2, 4}), boost::test_tools::per_element());
  BOOST_TEST((at.taken() == Given{{1, 1, 1}}));
  BOOST_TEST(at.parked().at(1).redrives == 1u);
}

BOOST_AUTO_TEST_CASE(a_discard_frees_the_next_and_at_last_the_key) {
  KeyParked at;
  at.command(throw_away, {1});
  BOOST_TEST(at.unblocks() == 0u);
  at.command(put_back, {4});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::in_use));
  at.command(throw_away, {2, 4});
  BOOST_TEST((at.mesh.last<Unblock>().keys == Keys{key_k}));
  at.tell(Told::behind, 6);
  BOOST_TEST((at.taken() == Given{{6, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(what_was_to_be_parked_behind_one_that_is_gone_meanwhile_goes_on) {
  KeyParked at;
  at.command(throw_away, {2, 4});
  at.mesh.hold_reads = true;
  at.tell(Told::behind, 6);
  BOOST_REQUIRE(at.mesh.reads.size() == 1u);
  at.command(throw_away, {1});
  at.mesh.release_reads();
  BOOST_TEST(at.mesh.status("g").parked == 0u);
  BOOST_TEST((at.taken() == Given{{6, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(a_suspect_behind_a_parked_event_is_parked_too) {
  Ordered at(ordered_policy(OnPark::park_key));
  park_the_first_and_lose_the_member(at);
  Member second{.mesh = at.mesh, .name = "second", .policy = at.member.policy};
  second.attach();
  for (int i = 0; i < 10; ++i) {
    std::vector<Verdict> verdicts;
    for (const Redelivery& item : at.taken()) {
      BOOST_TEST(item.seq % 2 == 1u);  // 3, 5 and 7 are of others
      verdicts.push_back(at.of(Told::ack, item.seq, item.attempt));
    }
    second.ack(0, {}, verdicts);
  }
  const std::vector<ParkedEvent> parked = at.parked();
  BOOST_REQUIRE(parked.size() == 4u);
  for (const std::size_t i : {1u, 2u, 3u}) {
    BOOST_TEST((parked[i].reason == Reason::key_parked));
    BOOST_TEST(parked[i].seq == 2 * i);
  }
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
}

// The member that gets its successors was told of no block: they must not come before it.
BOOST_AUTO_TEST_CASE(a_suspect_behind_a_redriven_event_holds_up_what_comes_later) {
  Ordered at;
  park_the_first_and_lose_the_member(at);
  Member second{.mesh = at.mesh, .name = "second", .policy = at.member.policy};
  BOOST_TEST(second.attach().blocked.empty());
  at.command(put_back, {1});
  at.mesh.publish({{"a", "k"}});
  std::optional<Verdict> redriven;
  const auto answer = [&] {
    std::vector<Verdict> verdicts;
    for (const Redelivery& item : at.taken()) {
      auto verdict = at.of(Told::ack, item.seq, item.attempt, item.redrives);
      item.seq == 1 ? void(redriven = verdict) : verdicts.push_back(verdict);
    }
    second.ack(0, {}, verdicts);
  };
  for (int i = 0; i < 10; ++i) answer();
  BOOST_REQUIRE(redriven.has_value());
  BOOST_TEST(second.fetch(7).through == 7u);
  second.ack(0, {}, {*redriven});
  for (int i = 0; i < 10; ++i) answer();
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(second.fetch(7).through == 8u);
}

BOOST_AUTO_TEST_CASE(a_restart_keeps_the_places_of_the_parked) {
  KeyParked at;
  BOOST_TEST((at.restart().blocked == Keys{key_k}));
  at.tell(Told::behind, 6);
  BOOST_TEST(at.parked_seqs() == (ParkedSeqs{1, 2, 4, 6}), boost::test_tools::per_element());
  at.command(put_back, {6});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::in_use));
  at.command(put_back);
  BOOST_TEST((at.taken() == Given{{1, 1, 1}}));
  // Redriven ones have their places by their entries.
  BOOST_TEST((at.restart().blocked == Keys{key_k}));
  BOOST_TEST((at.taken() == Given{{1, 1, 1}}));
  at.tell(Told::ack, 1, 1, 1);
  BOOST_TEST((at.taken() == Given{{2, 1, 1}}));
}

BOOST_AUTO_TEST_CASE(another_on_park_lets_the_key_of_the_parked_go_or_blocks_it) {
  KeyParked at;
  at.member.detach(0);
  at.member.policy.on_park = OnPark::go_on;
  BOOST_TEST(at.member.attach().blocked.empty());
  at.command(put_back, {4});  // in any order
  BOOST_TEST((at.taken() == Given{{4, 1, 1}}));
  at.tell(Told::ack, 4, 1, 1);
  at.member.detach(0);
  at.member.policy.on_park = OnPark::park_key;
  BOOST_TEST((at.member.attach().blocked == Keys{key_k}));
  at.command(put_back, {2});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::in_use));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
