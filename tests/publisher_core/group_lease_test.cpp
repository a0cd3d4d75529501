#include "fixture.hpp"

namespace mesh::core {
namespace {

/// A group g with one member, and segments of about two events each.
struct Leased {
  Mesh mesh;
  Member member{mesh};

  Leased() {
    mesh.options.segment_size = 2500;
    mesh.settings.retention.bytes_max = 1 << 20;
    mesh.open();
    member.attach();
  }

  void publish(unsigned count) {
    for (unsigned i = 0; i < count; ++i) mesh.publish({{"a", {}, std::string(1000, 'x')}});
    mesh.usage();
  }

  void command(std::optional<Duration> lease, bool dry_run = false) {
    mesh.tell("op", GroupCommand{9, GroupCommand::Kind::lease, "g", {}, dry_run, lease});
  }

  void give(std::optional<Duration> lease) {
    command(lease);
    BOOST_TEST(mesh.last<GroupDone>().id == 9u);
    BOOST_TEST((mesh.status("g").lease == lease));
  }

  void leave() {
    mesh.tell(member.route, Detach{member.session, ++member.request, member.epoch, {}, {}, true});
  }

  bool lapsed() const { return mesh.noticed("group.lapsed") > 0; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(group_lease)

BOOST_AUTO_TEST_CASE(a_group_without_a_lease_holds_the_journal_for_ever) {
  Leased at;
  at.publish(10);
  at.leave();
  at.mesh.pass(30 * 24h);
  at.mesh.usage();
  BOOST_TEST(!at.lapsed());
  BOOST_TEST(at.mesh.drops.empty());
}

BOOST_AUTO_TEST_CASE(a_lease_ends_when_nobody_attends_for_so_long_and_no_sooner) {
  Leased at;
  at.give(1h);
  at.publish(10);
  at.mesh.pass(1ms);
  at.leave();
  at.mesh.pass(1h - 1ms);
  BOOST_TEST(!at.lapsed());
  BOOST_TEST((at.mesh.status("g").unattended == 1h - 1ms));
  at.mesh.pass(1ms);
  BOOST_TEST(at.lapsed());
  BOOST_TEST((at.mesh.status("g").unattended == 1h));
}

BOOST_AUTO_TEST_CASE(while_it_has_a_member_no_lease_ends) {
  Leased at;
  at.give(1h);
  for (unsigned i = 0; i < 3600; ++i) {  // a sign of life each 2 s
    at.mesh.pass(2s);
    at.member.ack(0);
  }
  BOOST_TEST(!at.lapsed());
  BOOST_TEST((at.mesh.status("g").unattended == 0s));
}

BOOST_AUTO_TEST_CASE(a_member_that_vanished_counts_from_when_its_session_ends) {
  Leased at;
  at.give(1h);
  at.mesh.pass(at.mesh.settings.lease + 1h - 1ms);
  BOOST_TEST(!at.lapsed());
  at.mesh.pass(1ms);
  BOOST_TEST(at.lapsed());
}

BOOST_AUTO_TEST_CASE(the_lease_begins_anew_with_each_member_that_comes) {
  Leased at;
  at.give(1h);
  at.leave();
  at.mesh.pass(50min);
  at.member.attach();
  BOOST_TEST((at.mesh.status("g").unattended == 0s));
  at.leave();
  at.mesh.pass(50min);
  BOOST_TEST(!at.lapsed());
  at.mesh.pass(10min);
  BOOST_TEST(at.lapsed());
}

BOOST_AUTO_TEST_CASE(a_lapsed_group_holds_nothing_and_its_next_member_learns_what_has_expired) {
  Leased at;
  Member other{.mesh = at.mesh, .group = "other", .name = "o"};
  other.attach();
  at.publish(10);
  other.ack(10);
  at.give(1min);
  at.leave();
  BOOST_TEST(at.mesh.drops.empty());
  for (unsigned i = 0; i < 30; ++i) {
    at.mesh.pass(2s);
    other.ack(10);
  }
  BOOST_REQUIRE(at.lapsed());
  BOOST_REQUIRE(!at.mesh.drops.empty());  // at once, without another look at the disk
  const Seq gone = at.mesh.journal->dropped_through();
  BOOST_TEST(gone >= 6u);
  BOOST_TEST(at.mesh.status("g").expired == gone);
  BOOST_TEST(at.mesh.status("other").expired == 0u);
  at.member.attach();
  const Events events = at.member.fetch(0);
  BOOST_REQUIRE(events.expired.has_value());
  BOOST_TEST(events.expired->last == gone);
  BOOST_TEST(at.mesh.noticed("group.attended") == 1u);
  // From now on it holds the journal again.
  at.publish(10);
  other.ack(20);
  at.mesh.usage();
  BOOST_TEST(at.mesh.journal->dropped_through() == gone);
}

BOOST_AUTO_TEST_CASE(a_full_journal_has_room_again_when_the_group_that_fills_it_lapses) {
  Leased at;
  at.mesh.crash();
  at.mesh.settings.retention.bytes_max = 5000;
  at.mesh.open();
  at.member.attach();
  at.publish(10);
  BOOST_TEST(at.mesh.core->full());
  at.give(1min);
  at.leave();
  at.mesh.pass(1min);
  BOOST_TEST(at.lapsed());
  BOOST_TEST(!at.mesh.core->full());
}

BOOST_AUTO_TEST_CASE(its_retries_and_parked_events_stay_with_it) {
  Leased at;
  at.member.policy.attempts_max = 1;
  at.member.attach();
  at.publish(10);
  at.member.judge(Verdict::Kind::park, 1);
  at.mesh.pass(1s);
  BOOST_REQUIRE(at.mesh.status("g").parked == 1u);
  at.give(1min);
  at.leave();
  at.mesh.pass(1min);
  at.mesh.usage();
  BOOST_TEST(at.mesh.status("g").parked == 1u);
}

BOOST_AUTO_TEST_CASE(what_has_passed_of_a_lease_outlives_a_restart_but_for_one_step) {
  Leased at;
  at.give(1h);
  at.leave();
  at.mesh.pass(30min + 30s);
  at.mesh.crash();
  at.mesh.pass_down(24h);
  at.mesh.open();
  BOOST_TEST((at.mesh.status("g").unattended == 30min));
  at.mesh.pass(30min - 1ms);
  BOOST_TEST(!at.lapsed());
  at.mesh.pass(1ms);
  BOOST_TEST(at.lapsed());
  at.mesh.crash();
  at.mesh.open();
  BOOST_TEST((at.mesh.status("g").unattended == 1h));
  at.mesh.pass(1h);
  BOOST_TEST(!at.lapsed());  // it has said so
}

BOOST_AUTO_TEST_CASE(after_a_restart_its_members_have_a_session_s_lease_to_come_back) {
  Leased at;
  at.give(1s);
  at.mesh.crash();
  at.mesh.open();
  BOOST_REQUIRE(at.mesh.status("g").reserved == all_slots);
  at.mesh.pass(at.mesh.settings.lease + 1s - 1ms);
  BOOST_TEST(!at.lapsed());
  at.mesh.pass(1ms);
  BOOST_TEST(at.lapsed());
}

BOOST_AUTO_TEST_CASE(a_wall_clock_that_is_set_ends_no_lease) {
  Leased at;
  at.give(1h);
  at.leave();
  at.mesh.now.wall += std::chrono::nanoseconds(1000h).count();
  at.mesh.pass(59min);
  BOOST_TEST(!at.lapsed());
}

BOOST_AUTO_TEST_CASE(the_time_that_the_process_was_stopped_does_not_count) {
  Leased at;
  at.give(1h);
  at.leave();
  at.mesh.stall(3h);
  BOOST_TEST(!at.lapsed());
  at.mesh.pass(1h);
  BOOST_TEST(at.lapsed());
}

BOOST_AUTO_TEST_CASE(a_lease_given_again_goes_on_and_another_begins_anew) {
  Leased at;
  at.give(1h);
  at.leave();
  at.mesh.pass(40min);
  at.give(1h);
  BOOST_TEST((at.mesh.status("g").unattended == 40min));
  at.give(2h);
  BOOST_TEST((at.mesh.status("g").unattended == 0s));
  at.give(std::nullopt);
  at.mesh.pass(24h);
  BOOST_TEST(!at.lapsed());
}

BOOST_AUTO_TEST_CASE(a_lapsed_group_is_owed_again_when_it_gets_another_lease) {
  Leased at;
  at.give(1min);
  at.leave();
  at.mesh.pass(1min);
  BOOST_REQUIRE(at.lapsed());
  BOOST_TEST(at.mesh.core->settled(1));
  at.give(std::nullopt);
  at.publish(10);
  BOOST_TEST(!at.mesh.core->settled(1));
  at.mesh.usage();
  BOOST_TEST(at.mesh.drops.empty());
}

BOOST_AUTO_TEST_CASE(a_lease_out_of_bounds_is_refused_and_a_dry_run_gives_none) {
  Leased at;
  for (const Duration lease : {Duration{0}, Duration{-1}, group_lease_min - 1ns, group_lease_max + 1ns}) {
    at.command(lease);
    BOOST_TEST((at.mesh.last<Refused>().code == Errc::invalid_argument));
  }
  at.command(1h, true);
  BOOST_TEST(at.mesh.last<GroupDone>().id == 9u);
  BOOST_TEST(!at.mesh.status("g").lease.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
