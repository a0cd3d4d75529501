#include "fixture.hpp"

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(turn)

BOOST_AUTO_TEST_CASE(nothing_is_sent_of_a_batch_that_was_not_committed) {
  Mesh mesh;
  mesh.open();
  mesh.subscribe("");
  mesh.live.clear();
  mesh.store->fail_next_append(fail(Errc::disk_full, "no room"));
  mesh.publish({{"a"}});
  BOOST_TEST(mesh.live.empty());
  BOOST_TEST(mesh.confirmed_seqs.empty());
  BOOST_TEST((mesh.failures == std::vector<Errc>{Errc::disk_full}));
  BOOST_TEST(mesh.core->head() == 0u);
  mesh.publish({{"a"}});
  BOOST_TEST(mesh.live.size() == 1u);
  BOOST_TEST(mesh.confirmed_seqs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(failed_state_is_repeated_until_it_is_written_and_only_the_latest_counts) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(10));
  Member member{mesh};
  member.attach();
  member.ack(3);
  mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  mesh.pass(mesh.settings.ledger_flush);
  BOOST_TEST(mesh.turn->holding_state());
  mesh.core->on_control("m", Ack{member.session, 50, member.epoch, {{all_slots, 6, {}}}, {}, {}}, mesh.now);
  mesh.pass(PublisherTurn::retry_interval);
  BOOST_TEST(!mesh.turn->holding_state());
  mesh.pass(mesh.settings.ledger_flush);
  mesh.crash();
  mesh.open();
  BOOST_TEST(mesh.status("g").floor == 6u);
}

BOOST_AUTO_TEST_CASE(a_live_message_held_back_with_failed_state_shows_as_a_gap) {
  Mesh mesh;
  mesh.open();
  mesh.subscribe("");
  Member member{mesh};
  member.attach();
  mesh.publish({{"a"}});
  member.ack(1);
  mesh.pass(mesh.settings.ledger_flush - 1ms);
  mesh.live.clear();
  mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  mesh.now.steady += 1ms;
  const Batch batch = make_batch(mesh.journal->next_seq(), {{"a"}});
  mesh.turn->commit(std::span(&batch, 1), mesh.now);
  mesh.core->on_time(mesh.now);
  mesh.finish();
  BOOST_TEST(mesh.live.empty());
  BOOST_TEST(mesh.confirmed_seqs.size() == 2u);
  mesh.publish({{"a"}});
  BOOST_REQUIRE(!mesh.live.empty());
  BOOST_TEST((mesh.live.back().chains == std::vector<Chain>{{0, 2}}));
}

BOOST_AUTO_TEST_CASE(reads_asked_for_beside_failed_state_are_done_once_it_is_written) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  mesh.core->on_control("m", Fetch{member.session, 9, member.epoch, 0, 0, all_slots, 1000, false}, mesh.now);
  mesh.core->on_control("n", Member{.mesh = mesh, .group = "other"}.hello(), mesh.now);
  mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  mesh.finish();
  BOOST_TEST(mesh.count<Events>() == 0u);
  mesh.finish();
  BOOST_TEST(mesh.count<Events>() == 1u);
}

// With a full disk nothing may be promised, but who asks is told so, and what needs no commit is answered.
BOOST_AUTO_TEST_CASE(while_state_cannot_be_written_only_what_is_true_without_it_is_said) {
  Mesh mesh;
  mesh.open();
  const Error full{Errc::disk_full, "no space"};
  mesh.store->fail_next_state(full);
  Hello hello = Member{mesh}.hello();
  hello.id = 7;
  mesh.core->on_control("m", hello, mesh.now);
  mesh.core->on_control("operator", InfoRequest{8}, mesh.now);
  mesh.turn->finish(mesh.now);
  BOOST_TEST(mesh.count<Welcome>() == 0u);
  BOOST_TEST(mesh.count<Info>() == 1u);
  mesh.pass(1s);
  hello.id = 9;
  mesh.tell("m", hello);
  BOOST_TEST(mesh.last<Welcome>().id == 9u);
}

namespace {

/// A group with a lag and a parked event, at a publisher whose next writes of state fail.
struct FullDisk {
  Mesh mesh;
  Member member{mesh};

  FullDisk() {
    mesh.open();
    mesh.publish(std::vector<TestEvent>(10));
    member.attach();
    member.judge(Verdict::Kind::park, 3, 1, Reason::handler_rejected);
    mesh.sent.clear();
  }

  /// One request in a turn whose commit fails.
  void tell(ControlMessage message) {
    mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
    mesh.core->on_control("op", std::move(message), mesh.now);
    mesh.turn->finish(mesh.now);
  }

  GroupCommand pause() const { return {20, GroupCommand::Kind::pause, "g", {}, false}; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_command_on_a_group_is_refused_while_it_cannot_be_written_and_is_done_once_it_can) {
  FullDisk at;
  at.tell(at.pause());
  BOOST_TEST(at.mesh.count<GroupDone>() == 0u);
  BOOST_TEST(at.mesh.last<Refused>().id == 20u);
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::disk_full));
  at.tell(at.pause());  // a second time it changes nothing, but the first one is not written yet
  BOOST_TEST(at.mesh.count<Refused>() == 2u);
  at.mesh.pass(PublisherTurn::retry_interval);
  BOOST_TEST(at.mesh.count<GroupDone>() == 0u);
  at.mesh.crash();
  at.mesh.open();
  BOOST_TEST(at.mesh.status("g").paused);
}

BOOST_AUTO_TEST_CASE(what_the_core_refuses_operators_is_said_while_state_cannot_be_written) {
  FullDisk at;
  at.tell(at.pause());
  at.tell(GroupCommand{21, GroupCommand::Kind::remove, "g", {}, false});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::in_use));
  at.tell(GroupCommand{22, GroupCommand::Kind::remove, "h", {}, false});
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::unknown_group));
}

// Their ages are read from the journal, and reads wait for the commit.
BOOST_AUTO_TEST_CASE(groups_are_listed_without_ages_while_state_cannot_be_written) {
  FullDisk at;
  at.mesh.core->on_control("op", at.pause(), at.mesh.now);
  at.tell(GroupsRequest{23});
  const GroupList list = at.mesh.last<GroupList>();
  BOOST_TEST(list.id == 23u);
  BOOST_REQUIRE(list.groups.size() == 1u);
  BOOST_TEST(list.groups[0].lag == 9u);
  BOOST_TEST(!list.groups[0].oldest_age.has_value());
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.count<GroupList>() == 1u);
  at.mesh.tell("op", GroupsRequest{24});
  BOOST_TEST(at.mesh.last<GroupList>().groups[0].oldest_age.has_value());
}

BOOST_AUTO_TEST_CASE(what_has_to_be_read_from_state_is_refused_while_it_cannot_be_written) {
  FullDisk at;
  at.mesh.core->on_control("op", at.pause(), at.mesh.now);
  at.tell(ParkedListRequest{25, "g", {}, 0, 10});
  BOOST_TEST(at.mesh.last<Refused>().id == 25u);
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::disk_full));
  at.tell(GroupCommand{26, GroupCommand::Kind::rewind, "g", Start{Start::Kind::time, 0, 5}, true});
  BOOST_TEST(at.mesh.last<Refused>().id == 26u);
  BOOST_TEST((at.mesh.last<Refused>().code == Errc::disk_full));
}

BOOST_AUTO_TEST_CASE(the_core_asks_for_no_time_when_nothing_is_to_be_done) {
  Mesh mesh;
  mesh.open();
  BOOST_TEST(!mesh.core->next_deadline().has_value());
  mesh.publish({{"a"}});
  BOOST_TEST(!mesh.core->next_deadline().has_value());
}

BOOST_AUTO_TEST_CASE(heartbeats_carry_the_head) {
  Mesh mesh;
  mesh.open();
  mesh.subscribe("a.");
  mesh.publish({{"b"}, {"b"}});
  mesh.pass(25ms);
  BOOST_REQUIRE(mesh.live.size() == 1u);
  BOOST_TEST(mesh.live[0].head == 2u);
  BOOST_TEST(mesh.core->counters().heartbeats == 1u);
  mesh.pass(10s);
  BOOST_TEST(mesh.live.size() == 11u);
}

BOOST_AUTO_TEST_CASE(counters_count_events_once) {
  Mesh mesh;
  mesh.open();
  mesh.subscribe("a.");
  mesh.publish({{"a.1"}, {"b.1"}});
  const PublisherCounters& counters = mesh.core->counters();
  BOOST_TEST(counters.committed == 2u);
  BOOST_TEST(counters.sent == 1u);
  BOOST_TEST(counters.unsent == 1u);
  BOOST_TEST(counters.live_messages == 1u);
  BOOST_TEST(counters.committed_bytes > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
