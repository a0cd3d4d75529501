#include "fixture.hpp"

namespace mesh::core {

BOOST_AUTO_TEST_SUITE(attach)

BOOST_AUTO_TEST_CASE(the_first_hello_makes_the_group_durable_before_the_welcome) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a.1"}, {"a.2"}});
  Member member{mesh};
  mesh.store->fail_next_state(fail(Errc::disk_full, "no room"));
  mesh.tell("m", member.hello());
  BOOST_TEST(mesh.count<Welcome>() == 0u);
  BOOST_TEST(!mesh.journal->read_state(Table::groups, "g")->has_value());
  const Welcome welcome = member.attach();
  BOOST_TEST(mesh.journal->read_state(Table::groups, "g")->has_value());
  BOOST_TEST(mesh.journal->read_state(Table::ledgers, "g")->has_value());
  BOOST_TEST(welcome.slots == all_slots);
  BOOST_TEST(welcome.position == 0u);
  BOOST_TEST(welcome.head == 2u);
  BOOST_TEST(welcome.epoch >> 32 == mesh.journal->identity().run);
  BOOST_TEST(welcome.name == "test");
  BOOST_TEST(welcome.events == "inproc://events");
  BOOST_TEST(mesh.noticed("group.created") == 1u);
}

BOOST_AUTO_TEST_CASE(the_start_is_earliest_latest_a_seq_or_a_time) {
  Mesh mesh;
  mesh.open();
  for (unsigned i = 0; i < 4; ++i) {
    mesh.publish({{"a"}});
    mesh.pass(1s);
  }
  const WallTime third = 1'000'000'000'000 + Duration(2s).count();
  const auto position = [&](const char* group, Start start) {
    Member member{.mesh = mesh, .group = group, .start = start};
    return member.attach().position;
  };
  BOOST_TEST(position("earliest", {Start::Kind::earliest}) == 0u);
  BOOST_TEST(position("latest", {Start::Kind::latest}) == 4u);
  BOOST_TEST(position("seq", {Start::Kind::seq, 3}) == 2u);
  BOOST_TEST(position("beyond", {Start::Kind::seq, 300}) == 4u);
  BOOST_TEST(position("time", {Start::Kind::time, 0, third}) == 2u);
  BOOST_TEST(position("", {Start::Kind::time, 0, third}) == 2u);
  BOOST_TEST(position("seq", {Start::Kind::latest}) == 2u);  // it exists: its start is past
}

BOOST_AUTO_TEST_CASE(what_is_out_of_bounds_is_refused_in_words) {
  Mesh mesh;
  mesh.open();
  const auto refused = [&](auto change) {
    Member member{mesh};
    Hello hello = member.hello();
    hello.id = 77;
    change(hello);
    mesh.sent.clear();
    mesh.tell("m", hello);
    const Refused answer = mesh.last<Refused>();
    BOOST_TEST(answer.id == 77u);
    BOOST_TEST(!answer.text.empty());
    return answer.code;
  };
  BOOST_TEST((refused([](Hello& h) { h.group = "with space"; }) == Errc::invalid_argument));
  BOOST_TEST((refused([](Hello& h) { h.member = ""; }) == Errc::invalid_argument));
  BOOST_TEST((refused([](Hello& h) { h.prefixes = {"a\n"}; }) == Errc::invalid_topic));
  BOOST_TEST((refused([](Hello& h) { h.prefixes.resize(prefixes_max + 1); }) == Errc::limit_reached));
  BOOST_TEST((refused([](Hello& h) { h.policy.attempts_max = 0; }) == Errc::invalid_argument));
  BOOST_TEST((refused([](Hello& h) { h.policy.jitter = 2; }) == Errc::invalid_argument));
  BOOST_TEST(mesh.core->groups(mesh.now).empty());
  BOOST_TEST(mesh.core->counters().refused == 6u);
}

BOOST_AUTO_TEST_CASE(groups_and_sessions_are_bounded) {
  Mesh mesh;
  mesh.settings.groups_max = 2;
  mesh.settings.sessions_max = 3;
  mesh.open();
  Member{.mesh = mesh, .group = "g1"}.attach();
  Member{.mesh = mesh, .group = "g2"}.attach();
  mesh.tell("m", Member{.mesh = mesh, .group = "g3"}.hello());
  BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  Member{.mesh = mesh, .group = ""}.attach();
  mesh.tell("m", Member{.mesh = mesh, .group = "", .name = "other"}.hello());
  BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  Member{.mesh = mesh, .group = ""}.attach();  // the same one again takes its own place
  Member{.mesh = mesh, .group = "g1"}.attach();
}

BOOST_AUTO_TEST_CASE(prefixes_that_say_the_same_are_the_same) {
  Mesh mesh;
  mesh.open();
  Member{.mesh = mesh, .prefixes = {"b.", "a.", "a.b."}}.attach();
  BOOST_TEST(mesh.status("g").prefixes == (std::vector<std::string>{"a.", "b."}),
             boost::test_tools::per_element());
  Member{.mesh = mesh, .name = "second", .prefixes = {"a.", "b.", "b."}}.attach();
  BOOST_TEST(mesh.noticed("group.prefixes_changed") == 0u);
}

BOOST_AUTO_TEST_CASE(other_prefixes_are_refused_beside_a_live_member_and_taken_when_alone) {
  Mesh mesh;
  mesh.open();
  Member first{.mesh = mesh, .prefixes = {"a."}};
  first.attach();
  Member second{.mesh = mesh, .name = "second", .prefixes = {"b."}};
  mesh.tell("second", second.hello());
  BOOST_TEST((mesh.last<Refused>().code == Errc::prefixes_mismatch));
  first.prefixes = {"c."};
  first.attach();
  BOOST_TEST(mesh.noticed("group.prefixes_changed") == 1u);
  first.detach(0);
  second.attach();
  BOOST_TEST(mesh.noticed("group.prefixes_changed") == 2u);
  BOOST_TEST(mesh.status("g").prefixes.front() == "b.");
}

// What a member has settled above its floor under its own prefixes says nothing of the events that wider ones
// add.
BOOST_AUTO_TEST_CASE(wider_prefixes_bring_what_they_add_from_the_floor) {
  Mesh mesh;
  mesh.open();
  Member member{.mesh = mesh, .prefixes = {"a."}};
  member.attach();
  mesh.publish({{"a.x"}, {"b.x"}, {"a.x"}, {"b.x"}, {"a.x"}});
  member.fetch(0);
  member.judge(Verdict::Kind::park, 3);
  member.ack(0, {{2, 5}});
  member.detach(0);

  Member narrower{.mesh = mesh, .name = "narrower", .prefixes = {"a.x"}};
  narrower.attach();
  BOOST_TEST(mesh.status("g").lag == 1u);
  narrower.detach(0);

  Member wider{.mesh = mesh, .name = "wider", .prefixes = {"a.", "b."}};
  const Welcome welcome = wider.attach();
  BOOST_TEST(welcome.position == 0u);
  BOOST_TEST(welcome.redelivered_through == 5u);
  BOOST_TEST(mesh.status("g").lag == 4u);
  std::vector<Seq> seqs;
  for (const Batch& batch : wider.fetch(0).batches) {
    std::vector<EventView> events;
    BOOST_REQUIRE(decode_events(batch.view(), events).ok());
    for (const EventView& event : events) seqs.push_back(event.seq);
  }
  BOOST_TEST(seqs == (std::vector<Seq>{1, 2, 4, 5}), boost::test_tools::per_element());
  mesh.crash();
  mesh.open();
  BOOST_TEST(mesh.status("g").lag == 4u);
}

BOOST_AUTO_TEST_CASE(the_newest_policy_counts) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  mesh.publish({{"a"}});
  member.policy.attempts_max = 1;
  member.attach();
  member.judge(Verdict::Kind::retry, 1);
  BOOST_TEST(mesh.status("g").parked == 1u);
}

BOOST_AUTO_TEST_CASE(the_slots_of_a_member_that_leaves_are_granted_to_the_other) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member first{mesh};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};
  const Welcome waiting = second.attach();
  BOOST_TEST(waiting.slots == 0u);
  BOOST_TEST(waiting.epoch > first.epoch);
  first.detach(1);
  BOOST_TEST(mesh.count<Detached>() == 1u);
  const Grant grant = mesh.last<Grant>();
  BOOST_TEST(grant.session == second.session);
  BOOST_TEST(grant.slots == all_slots);
  BOOST_TEST(grant.release == 0u);
  BOOST_TEST(grant.epoch > waiting.epoch);
  BOOST_TEST(grant.position == 1u);
  BOOST_TEST(grant.redelivered_through == 0u);
}

BOOST_AUTO_TEST_CASE(a_lost_grant_is_sent_again_when_its_member_reports_but_not_all_the_time) {
  Mesh mesh;
  mesh.open();
  Member first{mesh};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  first.detach(0);
  mesh.sent.clear();
  BOOST_TEST(!second.ack(0).stale);
  BOOST_TEST(mesh.count<Grant>() == 0u);
  mesh.pass(100ms);
  BOOST_TEST(!second.ack(0).stale);
  BOOST_TEST(mesh.count<Grant>() == 1u);
  BOOST_TEST((mesh.last<Grant>().settled == std::vector<SlotLedger>{{all_slots, 0, {}}}));
  second.granted();
  mesh.sent.clear();
  mesh.pass(100ms);
  BOOST_TEST(!second.ack(0).stale);
  BOOST_TEST(mesh.count<Grant>() == 0u);
}

BOOST_AUTO_TEST_CASE(silence_for_a_lease_loses_the_slots_and_marks_what_was_delivered) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member first{mesh};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  mesh.pass(3s);
  second.ack(0);
  mesh.pass(1900ms);
  BOOST_TEST(mesh.noticed("member.lost") == 0u);
  mesh.pass(200ms);
  BOOST_TEST(mesh.noticed("member.lost") == 1u);
  BOOST_TEST(mesh.last<Grant>().session == second.session);
  BOOST_TEST(mesh.last<Grant>().redelivered_through == 2u);
  // What it says when it comes to itself is stale, counted, and changes nothing.
  mesh.tell("m", Ack{first.session, 9, first.epoch, {{all_slots, 2, {}}}, {}, {}});
  BOOST_TEST(mesh.last<Acked>().stale);
  BOOST_TEST(mesh.last<Acked>().id == 9u);
  BOOST_TEST(mesh.status("g").stale == 1u);
  BOOST_TEST(mesh.status("g").floor == 0u);
  BOOST_TEST(mesh.core->counters().stale_acks == 1u);
  mesh.tell("m", Fetch{first.session, 10, first.epoch, 0, 0, all_slots, 1000, false});
  BOOST_TEST((mesh.last<Refused>().code == Errc::unknown_session));
}

BOOST_AUTO_TEST_CASE(any_message_keeps_the_lease) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  for (unsigned i = 0; i < 10; ++i) {
    mesh.pass(4s);
    if (i % 2 == 0) {
      member.ack(0);
    } else {
      member.fetch(0);
    }
  }
  BOOST_TEST(mesh.noticed("member.lost") == 0u);
}

BOOST_AUTO_TEST_CASE(a_process_that_was_stopped_does_not_take_that_for_its_members_silence) {
  Mesh mesh;
  mesh.open();
  Member member{mesh};
  member.attach();
  mesh.pass(4s);
  mesh.stall(60s);
  BOOST_TEST(mesh.noticed("member.lost") == 0u);
  mesh.pass(400ms);
  BOOST_TEST(!member.ack(0).stale);
  mesh.pass(6s);
  BOOST_TEST(mesh.noticed("member.lost") == 1u);
}

BOOST_AUTO_TEST_CASE(a_restarted_member_takes_over_at_once_and_the_old_one_is_fenced) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member old{mesh};
  const Epoch before = old.attach().epoch;
  Member fresh{.mesh = mesh, .instance = 2};
  const Welcome welcome = fresh.attach();
  BOOST_TEST(welcome.slots == all_slots);
  BOOST_TEST(welcome.epoch > before);
  BOOST_TEST(!welcome.resumed);
  BOOST_TEST(welcome.redelivered_through == 1u);
  mesh.tell("m", Ack{old.session, 5, old.epoch, {{all_slots, 1, {}}}, {}, {}});
  BOOST_TEST(mesh.last<Acked>().stale);
  BOOST_TEST(mesh.status("g").floor == 0u);
  BOOST_TEST(mesh.status("g").stale == 1u);
}

BOOST_AUTO_TEST_CASE(the_same_instance_goes_on_where_it_was) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}, {"a"}});
  Member member{mesh};
  const Welcome before = member.attach();
  const Welcome again = member.attach();  // the first Welcome was lost: it has nothing to resume
  BOOST_TEST(again.epoch == before.epoch);
  BOOST_TEST(again.session != before.session);
  BOOST_TEST(again.redelivered_through == 0u);
  Resume resume;
  resume.epoch = again.epoch;
  resume.slots = all_slots;
  resume.settled = {{all_slots, 1, {{3, 3}}}};
  const Welcome resumed = member.attach(resume);
  BOOST_TEST(resumed.resumed);
  BOOST_TEST(resumed.epoch == before.epoch);
  BOOST_TEST(resumed.slots == all_slots);
  BOOST_TEST(resumed.settled.empty());  // it knows better
  BOOST_TEST(mesh.status("g").floor == 1u);
  BOOST_TEST(mesh.status("g").lag == 1u);
  BOOST_TEST(resumed.redelivered_through == 0u);
}

BOOST_AUTO_TEST_CASE(a_resume_of_a_passed_epoch_counts_for_nothing) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member first{mesh};
  first.attach();
  mesh.pass(6s);
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  second.detach(0);
  Resume resume;
  resume.epoch = first.epoch;
  resume.slots = all_slots;
  resume.settled = {{all_slots, 2, {}}};
  const Welcome welcome = first.attach(resume);
  BOOST_TEST(!welcome.resumed);
  BOOST_TEST(welcome.position == 0u);
}

BOOST_AUTO_TEST_CASE(a_member_whose_lease_ran_out_resumes_if_nobody_came_between) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  mesh.pass(6s);
  BOOST_TEST(mesh.noticed("member.lost") == 1u);
  Resume resume;
  resume.epoch = member.epoch;
  resume.slots = all_slots;
  resume.settled = {{all_slots, 2, {}}};
  const Welcome welcome = member.attach(resume);
  BOOST_TEST(welcome.resumed);
  BOOST_TEST(mesh.status("g").floor == 2u);
}

BOOST_AUTO_TEST_CASE(a_detach_is_answered_again_and_leaves_no_mark) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  member.detach(1);
  BOOST_TEST(decltype(mesh.core->groups(mesh.now)){mesh.status("g")}.front().floor == 1u);
  BOOST_TEST(mesh.status("g").members.empty());
  member.detach(1);
  BOOST_TEST(mesh.count<Detached>() == 2u);
  const Welcome welcome = Member{.mesh = mesh, .name = "next"}.attach();
  BOOST_TEST(welcome.position == 1u);
  BOOST_TEST(welcome.redelivered_through == 0u);
}

BOOST_AUTO_TEST_CASE(a_detach_that_abandoned_handlers_marks_what_is_unsettled) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}, {"a"}});
  Member member{mesh};
  member.attach();
  member.detach(1, false);
  BOOST_TEST(Member{mesh}.attach().redelivered_through == 2u);
}

BOOST_AUTO_TEST_CASE(a_watcher_gets_no_slots_and_settles_nothing) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a.1"}, {"b.1"}, {"a.2"}});
  Member watcher{.mesh = mesh, .group = "", .prefixes = {"a."}};
  const Welcome welcome = watcher.attach();
  BOOST_TEST(welcome.slots == 0u);
  BOOST_TEST(welcome.epoch == 0u);
  const Events events = watcher.fetch(0);
  BOOST_TEST(seqs_of(events.batches) == (std::vector<Seq>{1, 3}), boost::test_tools::per_element());
  BOOST_TEST(!watcher.ack(3).stale);
  BOOST_TEST(seqs_of(watcher.fetch(0).batches).size() == 2u);
  BOOST_TEST(mesh.core->groups(mesh.now).empty());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_not_for_publishers_is_refused) {
  Mesh mesh;
  mesh.open();
  mesh.tell("x", Welcome{});
  BOOST_TEST((mesh.last<Refused>().code == Errc::protocol));
  mesh.tell("x", Acked{});
  mesh.tell("x", Events{});
  BOOST_TEST(mesh.count<Refused>() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
