#include "fixture.hpp"

namespace mesh::core {
namespace {

const RetryPolicy quick = {.backoff = {1s, 2s}, .jitter = 0, .attempts_max = 3};

Resume resume_of(const Member& member, Seq floor, std::vector<HeldEvent> held = {}) {
  Resume resume;
  resume.epoch = member.epoch;
  resume.slots = member.slots;
  resume.settled = {{member.slots, floor, {}}};
  resume.held = std::move(held);
  return resume;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(restart)

BOOST_AUTO_TEST_CASE(everything_comes_back_after_a_clean_close) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(10));
  Member member{.mesh = mesh, .prefixes = {"a."}, .policy = quick};
  member.attach();
  member.ack(2, {{5, 6}}, {retry_of(4)});
  member.judge(Verdict::Kind::park, 8);
  member.ack(2, {{5, 7}});
  const GroupStatus before = mesh.status("g");
  mesh.close();  // flushes the newest ranges
  mesh.open();
  const GroupStatus after = mesh.status("g");
  BOOST_TEST((mesh.journal->identity().opened == Opened::clean));
  BOOST_TEST(after.floor == before.floor);
  BOOST_TEST(after.lag == before.lag);
  BOOST_TEST(after.waiting == 1u);
  BOOST_TEST(after.parked == 1u);
  BOOST_TEST(after.prefixes == before.prefixes, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_crash_alone_causes_no_duplicates_for_a_member_that_lives) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(10));
  Member member{mesh};
  member.attach();
  member.ack(7);
  mesh.crash();  // the ledger's newest change was not committed
  mesh.open();
  BOOST_TEST(mesh.status("g").floor == 0u);
  const Welcome welcome = member.attach(resume_of(member, 7));
  BOOST_TEST(welcome.resumed);
  BOOST_TEST(mesh.status("g").floor == 7u);
}

BOOST_AUTO_TEST_CASE(after_a_crash_what_is_unsettled_is_marked_redelivered) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(10));
  Member{mesh}.attach();
  mesh.crash();
  mesh.open();
  BOOST_TEST(mesh.core->groups(mesh.now).size() == 1u);
  mesh.publish({{"a"}});  // its member may have heard of this too, by the live stream
  Member other{.mesh = mesh, .name = "other"};
  BOOST_TEST(other.attach().slots == 0u);  // the owner of the last run may come back
  mesh.pass(4s);
  other.ack(0);
  BOOST_TEST(mesh.count<Grant>() == 0u);
  mesh.pass(1s);
  BOOST_TEST(other.granted().redelivered_through == 11u);
  BOOST_TEST(other.slots == all_slots);
  // What it may have had comes one by one, and nothing else is given out meanwhile.
  mesh.pass(10ms);
  BOOST_TEST((mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 1, 0}}));
}

BOOST_AUTO_TEST_CASE(after_a_clean_close_only_another_member_gets_marks) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(10));
  Member member{mesh};
  member.attach();
  mesh.close();
  mesh.open();
  BOOST_TEST(member.attach(resume_of(member, 3)).redelivered_through == 0u);
  mesh.close();
  mesh.open();
  BOOST_TEST((Member{.mesh = mesh, .instance = 9}.attach().redelivered_through == 10u));
}

BOOST_AUTO_TEST_CASE(epochs_grow_over_restarts) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  const Epoch first = member.attach().epoch;
  mesh.crash();
  mesh.open();
  BOOST_TEST((Member{.mesh = mesh, .instance = 2}.attach().epoch > first));
}

BOOST_AUTO_TEST_CASE(sessions_do_not_survive_a_restart) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  mesh.crash();
  mesh.open();
  mesh.tell("m", Ack{member.session, 3, member.epoch, {}, {}, {}});
  BOOST_TEST((mesh.last<Refused>().code == Errc::unknown_session));
  BOOST_TEST(member.attach().session != 0u);
}

BOOST_AUTO_TEST_CASE(a_redelivery_in_hand_stays_in_hand_over_a_restart) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(3));
  Member member{.mesh = mesh, .policy = quick};
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  mesh.pass(1s);
  mesh.crash();
  mesh.open();
  BOOST_TEST(mesh.status("g").in_flight == 1u);
  mesh.pass(3s);
  BOOST_TEST(member.attach(resume_of(member, 0, {{1, 2}})).resumed);
  mesh.pass(4s);
  BOOST_TEST(mesh.status("g").retried == 0u);
  BOOST_TEST(mesh.status("g").in_flight == 1u);
  member.judge(Verdict::Kind::ack, 1, 2);
  BOOST_TEST(mesh.status("g").in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(a_redelivery_that_nobody_claims_waits_again_after_a_lease_uncharged) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(3));
  Member member{.mesh = mesh, .policy = quick};
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  mesh.pass(1s);
  mesh.crash();
  mesh.open();
  mesh.pass(4900ms);
  BOOST_TEST(mesh.status("g").in_flight == 1u);
  mesh.pass(200ms);
  BOOST_TEST(mesh.status("g").in_flight == 0u);
  BOOST_TEST(mesh.status("g").waiting == 1u);
  BOOST_TEST(mesh.status("g").retried == 0u);  // nobody knows what else its member had in hand
}

BOOST_AUTO_TEST_CASE(after_a_restart_a_redelivery_goes_to_another_member_alone_and_uncharged) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(3));
  Member member{.mesh = mesh, .policy = quick};
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  mesh.pass(1s);
  mesh.crash();
  mesh.open();
  Member{.mesh = mesh, .instance = 2, .policy = quick}.attach();
  BOOST_TEST(mesh.status("g").retried == 0u);
  mesh.pass(2s);
  BOOST_TEST((mesh.last<Deliver>().items == std::vector<Redelivery>{{1, 2, 0}}));
}

BOOST_AUTO_TEST_CASE(a_due_time_survives_and_a_jump_of_the_wall_clock_cannot_stretch_it) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(3));
  Member member{.mesh = mesh, .policy = {.backoff = {10s}, .jitter = 0}};
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  mesh.pass(1s);
  mesh.crash();
  mesh.now.steady = 5s;  // another boot
  mesh.open();
  member.attach();
  mesh.stall(8900ms);
  BOOST_TEST(mesh.count<Deliver>() == 0u);
  mesh.stall(200ms);
  BOOST_TEST(mesh.count<Deliver>() == 1u);
  member.judge(Verdict::Kind::retry, 1, 2);
  mesh.crash();
  mesh.now.wall -= Duration(24h).count();
  mesh.open();
  member.attach();
  mesh.stall(10s);
  BOOST_TEST(mesh.count<Deliver>() == 1u);
}

BOOST_AUTO_TEST_CASE(slots_wait_for_their_owners_while_the_process_is_stopped_after_its_restart) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(3));
  Member member{mesh};
  member.attach();
  mesh.crash();
  mesh.open();
  mesh.pass(1s);
  mesh.stall(60s);
  mesh.pass(mesh.settings.lease - 1s - 1ms);
  BOOST_TEST(mesh.status("g").reserved == all_slots);
  mesh.pass(1ms);
  BOOST_TEST(mesh.status("g").reserved == 0u);
}

BOOST_AUTO_TEST_CASE(a_tail_that_a_power_loss_took_confuses_nobody) {
  Mesh mesh;
  mesh.options.durability = Durability::os;
  mesh.open();
  mesh.publish({{"a"}});
  mesh.publish({{"a"}});
  mesh.publish({{"a"}});
  Member member{mesh};
  member.attach();
  member.ack(3);
  mesh.pass(100ms);
  mesh.crash();
  BOOST_REQUIRE(mesh.store->lose_power(2) == 2u);
  mesh.open();
  BOOST_TEST((mesh.journal->identity().opened == Opened::suspect));
  BOOST_TEST(mesh.core->head() == 1u);
  const Welcome welcome = member.attach(resume_of(member, 3));
  BOOST_TEST(welcome.resumed);
  BOOST_TEST(member.fetch(3).batches.empty());
  BOOST_TEST(!member.ack(3).stale);
  const Seq seq = mesh.publish({{"a"}});
  BOOST_TEST(seq > 3u);
  BOOST_TEST(seqs_of(member.fetch(3).batches) == (std::vector<Seq>{seq}), boost::test_tools::per_element());
  member.ack(seq);
  BOOST_TEST(mesh.core->settled(seq));
}

BOOST_AUTO_TEST_CASE(what_a_power_loss_took_is_covered_for_a_member_that_lags_behind_itself) {
  Mesh mesh;
  mesh.options.durability = Durability::os;
  mesh.open();
  mesh.publish({{"a"}});
  mesh.publish({{"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  mesh.crash();
  BOOST_REQUIRE(mesh.store->lose_power(1) == 1u);
  mesh.open();
  member.attach(resume_of(member, 0));
  // Of some slots it has had 3, which no event will ever have again; of others nothing.
  const Events events = member.fetch(0, 3);
  BOOST_TEST(events.through == 1u);
  BOOST_TEST(member.fetch(1, 3).through == 3u);
  const Seq next = mesh.journal->next_seq();
  BOOST_TEST(next > 4u);
  BOOST_TEST(member.fetch(1, next + 5).through == next - 1);
  BOOST_TEST(member.fetch(1).through == 1u);
}

BOOST_AUTO_TEST_CASE(declared_groups_are_made_once) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  mesh.close();
  mesh.declared = {{"d", {"b.", "a"}, {Start::Kind::seq, 2}, {}}};
  mesh.open();
  BOOST_TEST(mesh.status("d").floor == 1u);
  BOOST_TEST(mesh.status("d").prefixes.size() == 2u);
  mesh.declared[0].start = {Start::Kind::latest};
  mesh.close();
  mesh.open();
  BOOST_TEST(mesh.status("d").floor == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_declaration_is_an_error) {
  Mesh mesh;
  mesh.open();
  PublisherCore core({}, mesh.journal->identity());
  const GroupDeclaration bad{"no good", {}, {}, {}};
  const auto restored = core.restore(*mesh.journal, std::span(&bad, 1), mesh.now);
  BOOST_REQUIRE(!restored.ok());
  BOOST_TEST((restored.error().code == Errc::invalid_argument));
}

BOOST_AUTO_TEST_CASE(damaged_state_is_an_error_that_names_it) {
  for (const Table table : {Table::groups, Table::ledgers, Table::retries, Table::parked}) {
    Mesh mesh;
    mesh.open();
    Member{mesh}.attach();
    const std::string event_key("g\0\0\0\0\0\0\0\0\1", 10);
    const bool named = table == Table::groups || table == Table::ledgers;
    const StateWrite write{table, named ? "g" : event_key, "\xc1"};
    BOOST_REQUIRE(mesh.journal->write_state(std::span(&write, 1)).ok());
    PublisherCore core({}, mesh.journal->identity());
    const auto restored = core.restore(*mesh.journal, {}, mesh.now);
    BOOST_REQUIRE(!restored.ok());
    BOOST_TEST((restored.error().code == Errc::journal_damaged));
  }
}

BOOST_AUTO_TEST_CASE(a_retry_without_its_group_is_damage) {
  Mesh mesh;
  mesh.open();
  const StateWrite write{Table::ledgers, "nobody", "\x92\x01\x90"};
  BOOST_REQUIRE(mesh.journal->write_state(std::span(&write, 1)).ok());
  PublisherCore core({}, mesh.journal->identity());
  BOOST_TEST(!core.restore(*mesh.journal, {}, mesh.now).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
