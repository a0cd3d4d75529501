#include "fixture.hpp"

namespace mesh::core {
namespace {

using Kind = GroupCommand::Kind;

struct Operated : TwoMembers {
  using TwoMembers::TwoMembers;

  void command(Kind kind, Seq seq = 0, bool dry_run = false) {
    mesh.tell("op", GroupCommand{77, kind, "g", Start{Start::Kind::seq, seq, 0}, dry_run});
  }

  GroupDone done(Kind kind, Seq seq = 0, bool dry_run = false) {
    command(kind, seq, dry_run);
    const GroupDone done = mesh.last<GroupDone>();
    BOOST_TEST(done.id == 77u);
    return done;
  }

  Refused refused(Kind kind, Seq seq = 0) {
    command(kind, seq);
    return mesh.last<Refused>();
  }

  /// The newest Grant of a member.
  Grant grant_of(const Member& member) const {
    for (auto it = mesh.sent.rbegin(); it != mesh.sent.rend(); ++it) {
      const auto* grant = std::get_if<Grant>(&it->message);
      if (grant != nullptr && grant->session == member.session) return *grant;
    }
    BOOST_FAIL("the member was granted nothing");
    std::abort();
  }

  void give_back(Member& member, Seq floor) {
    const Grant grant = grant_of(member);
    member.epoch = grant.epoch;
    mesh.tell(
        member.route,
        Release{member.session, ++member.request, member.epoch, grant.release, {{grant.release, floor, {}}}});
  }

  std::size_t rows(Table table) const {
    std::size_t count = 0;
    const auto scanned = mesh.journal->scan_state(table, {}, [&](std::string_view, std::string_view) {
      ++count;
      return true;
    });
    BOOST_REQUIRE(scanned.ok());
    return count;
  }

  void take(Member& member) {
    const Grant grant = grant_of(member);
    member.epoch = grant.epoch;
    member.slots = grant.slots & ~grant.release;
  }

  /// Everybody has given back, up to there.
  void quiet(Seq floor) {
    done(Kind::pause);
    give_back(first, floor);
    give_back(second, floor);
    BOOST_REQUIRE(mesh.status("g").members.at(0).slots == 0u);
    BOOST_REQUIRE(mesh.status("g").members.at(1).slots == 0u);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE(a_paused_group_gets_all_slots_back_and_gives_none_until_it_is_resumed) {
  Operated at;
  at.done(Kind::pause);
  BOOST_TEST(at.mesh.status("g").paused);
  BOOST_TEST(at.grant_of(at.first).release == at.first.slots);
  BOOST_TEST(at.grant_of(at.second).release == at.second.slots);
  at.give_back(at.first, 10);
  at.give_back(at.second, 10);
  BOOST_TEST(at.mesh.status("g").floor == 10u);  // what was in hand has counted
  at.mesh.publish({{"a"}});
  at.mesh.pass(2s);
  for (const ControlOut& one : at.mesh.sent) {
    const auto* grant = std::get_if<Grant>(&one.message);
    BOOST_TEST((grant == nullptr || (grant->slots & ~grant->release) == 0u));
    BOOST_TEST(!std::holds_alternative<Events>(one.message));
  }
  at.done(Kind::resume);
  BOOST_TEST((at.grant_of(at.first).slots | at.grant_of(at.second).slots) == all_slots);
  at.take(at.first);
  BOOST_TEST(!at.first.fetch(10).batches.empty());
}

BOOST_AUTO_TEST_CASE(a_pause_outlives_a_restart_and_who_comes_then_gets_nothing) {
  Operated at;
  at.quiet(10);
  at.mesh.close();
  at.mesh.open();
  BOOST_TEST(at.mesh.status("g").paused);
  Member third{.mesh = at.mesh, .name = "third"};
  third.policy = at.first.policy;
  BOOST_TEST(third.attach().slots == 0u);
  at.done(Kind::resume);
  BOOST_TEST(at.grant_of(third).slots == all_slots);
}

BOOST_AUTO_TEST_CASE(retries_wait_while_the_group_is_paused) {
  Operated at;
  at.first.ack(0, {}, {retry_of(2)});
  at.quiet(1);
  at.mesh.sent.clear();
  at.mesh.pass(3s);
  BOOST_TEST(at.mesh.count<Deliver>() == 0u);
  at.done(Kind::resume);
  at.take(at.first);
  at.take(at.second);
  at.first.ack(1);
  at.second.ack(1);
  at.mesh.pass(1s);
  BOOST_TEST(at.mesh.count<Deliver>() == 1u);
}

BOOST_AUTO_TEST_CASE(a_group_is_rewound_only_when_it_is_paused_and_nobody_has_a_slot) {
  Operated at;
  at.first.ack(20);
  at.second.ack(20);
  BOOST_TEST((at.refused(Kind::rewind, 5).code == Errc::in_use));
  at.done(Kind::pause);
  const Refused refused = at.refused(Kind::rewind, 5);
  BOOST_TEST((refused.code == Errc::in_use));
  BOOST_TEST(refused.text.find("first (32 slots), second (32 slots)") != std::string::npos);
  BOOST_TEST(at.mesh.status("g").floor == 20u);
  at.give_back(at.first, 20);
  BOOST_TEST((at.refused(Kind::rewind, 5).code == Errc::in_use));
  at.give_back(at.second, 20);
  const GroupDone done = at.done(Kind::rewind, 5);
  BOOST_TEST(done.floor == 4u);
  BOOST_TEST(done.lag_before == 20u);
  BOOST_TEST(done.lag == 36u);
  BOOST_TEST(at.mesh.status("g").floor == 4u);
  at.done(Kind::resume);
  at.take(at.first);
  at.take(at.second);
  const Events first = at.first.fetch(4);
  const Events second = at.second.fetch(4);
  BOOST_TEST(std::min(seqs_of(first.batches).front(), seqs_of(second.batches).front()) == 5u);
  BOOST_TEST(seqs_of(first.batches).size() + seqs_of(second.batches).size() == 36u);
  BOOST_TEST(first.redelivered_through >= 20u);  // they are marked
}

BOOST_AUTO_TEST_CASE(a_rewind_holds_over_a_crash_and_a_dry_run_changes_nothing) {
  Operated at;
  at.quiet(20);
  BOOST_TEST(at.done(Kind::rewind, 11, true).lag == 30u);
  BOOST_TEST(at.mesh.status("g").floor == 20u);
  at.done(Kind::rewind, 11);
  at.mesh.crash();
  at.mesh.open();
  BOOST_TEST(at.mesh.status("g").floor == 10u);
  BOOST_TEST(at.mesh.status("g").paused);
}

BOOST_AUTO_TEST_CASE(after_a_rewind_nobody_settles_again_what_he_had_settled_before) {
  Operated at;
  const Epoch before = at.first.epoch;
  const SlotMask slots = at.first.slots;
  at.quiet(20);
  at.done(Kind::rewind, 1);
  // The same report once more, late; and a process that has not heard of anything since.
  at.mesh.tell("first", Release{at.first.session, 900, before, slots, {{slots, 20, {}}}});
  at.mesh.tell("first", Ack{at.first.session, 901, before, {{slots, 20, {}}}, {}, {}});
  BOOST_TEST(at.mesh.status("g").floor == 0u);
  at.mesh.pass(6s);
  at.first.attach(Resume{before, slots, {{slots, 20, {}}}, {}});
  BOOST_TEST(at.mesh.status("g").floor == 0u);
  at.done(Kind::resume);
  BOOST_TEST(at.mesh.status("g").floor == 0u);
}

// It was stopped before the pause, lost its lease, and goes on after the rewind with what it had settled.
BOOST_AUTO_TEST_CASE(a_zombie_of_before_a_rewind_does_not_settle_what_is_wanted_again) {
  Operated at;
  const Epoch before = at.first.epoch;
  const SlotMask slots = at.first.slots;
  at.first.fetch(0);
  at.second.fetch(0);
  at.done(Kind::pause);
  at.give_back(at.second, 40);
  at.mesh.pass(3s);
  at.second.ack(40);
  at.mesh.pass(2s);
  BOOST_REQUIRE(at.mesh.noticed("member.lost") == 1u);
  BOOST_TEST(at.done(Kind::rewind, 11).floor == 10u);
  for (unsigned restarts = 0; restarts < 2; ++restarts) {
    const Welcome welcome = at.first.attach(Resume{before, slots, {{slots, 40, {}}}, {}});
    BOOST_TEST(!welcome.resumed);
    BOOST_TEST(at.mesh.status("g").floor == 10u);
    BOOST_TEST(at.mesh.status("g").lag == 30u);
    at.mesh.crash();  // nor by what is journaled
    at.mesh.open();
  }
  BOOST_TEST(at.mesh.status("g").lag == 30u);
}

BOOST_AUTO_TEST_CASE(late_words_of_before_a_rewind_do_not_count_when_the_slots_have_come_back) {
  Operated at;
  const Epoch before = at.first.epoch;
  const SlotMask slots = at.first.slots;
  at.quiet(20);
  at.done(Kind::rewind, 1);
  at.done(Kind::resume);
  at.take(at.first);
  at.take(at.second);
  BOOST_REQUIRE(at.first.slots != 0u);
  at.mesh.tell("first", Release{at.first.session, 900, before, slots, {{slots, 20, {}}}});
  at.mesh.tell("first", Ack{at.first.session, 901, before, {{slots, 20, {}}}, {retry_of(2)}, {}});
  BOOST_TEST(at.mesh.status("g").waiting == 0u);
  BOOST_TEST(seqs_of(at.first.fetch(0).batches).front() < 20u);
  at.mesh.tell("second", Ack{at.second.session, 902, before, {{all_slots, 20, {}}}, {}, {}});
  BOOST_TEST(at.mesh.status("g").floor == 0u);
}

BOOST_AUTO_TEST_CASE(what_has_not_failed_begins_anew_with_a_rewind) {
  Operated at;
  at.first.ack(0, {}, {retry_of(2)});
  at.first.judge(Verdict::Kind::behind, 3);
  at.second.judge(Verdict::Kind::behind, 35);
  BOOST_TEST(at.mesh.status("g").in_flight + at.mesh.status("g").waiting == 3u);
  at.quiet(40);
  at.done(Kind::rewind, 1);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);  // the one that failed
  at.done(Kind::resume);
  at.take(at.first);
  at.take(at.second);
  std::vector<Seq> again = seqs_of(at.first.fetch(0).batches);
  const std::vector<Seq> more = seqs_of(at.second.fetch(0).batches);
  again.insert(again.end(), more.begin(), more.end());
  std::sort(again.begin(), again.end());
  BOOST_TEST(again.size() == 39u);
  BOOST_TEST(std::count(again.begin(), again.end(), 2u) == 0);
}

BOOST_AUTO_TEST_CASE(going_forward_drops_the_retries_it_passes_and_keeps_the_others) {
  Operated at;
  at.first.ack(0, {}, {retry_of(2), retry_of(30)});
  at.quiet(1);
  BOOST_TEST(at.mesh.status("g").waiting == 2u);
  const GroupDone done = at.done(Kind::rewind, 21);
  BOOST_TEST(done.retries == 1u);
  BOOST_TEST(done.floor == 20u);
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
  BOOST_TEST(done.lag == 19u);  // 21 to 40 without the one that waits
  at.mesh.crash();
  at.mesh.open();
  BOOST_TEST(at.mesh.status("g").waiting == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_parked_stays_parked_over_a_rewind) {
  Operated at;
  at.first.judge(Verdict::Kind::park, 3, 1, Reason::handler_rejected);
  at.quiet(20);
  BOOST_TEST(at.mesh.status("g").parked == 1u);
  at.done(Kind::rewind, 1);
  BOOST_TEST(at.mesh.status("g").parked == 1u);
  at.done(Kind::resume);
  at.take(at.first);
  const auto seqs = seqs_of(at.first.fetch(0).batches);
  BOOST_TEST(seqs.size() > 10u);
  BOOST_TEST(std::count(seqs.begin(), seqs.end(), 3u) == 0);
}

BOOST_AUTO_TEST_CASE(a_rewind_to_a_time_asks_the_journal) {
  Operated at;
  at.mesh.pass(1s);
  const WallTime then = at.mesh.now.wall;
  at.mesh.publish({{"a"}, {"b"}});
  at.quiet(42);
  at.mesh.tell("op", GroupCommand{78, Kind::rewind, "g", Start{Start::Kind::time, 0, then}, false});
  BOOST_TEST(at.mesh.last<GroupDone>().floor == 40u);
}

BOOST_AUTO_TEST_CASE(a_group_with_members_is_not_removed) {
  Operated at;
  const Refused refused = at.refused(Kind::remove);
  BOOST_TEST((refused.code == Errc::in_use));
  BOOST_TEST(refused.text.find("second") != std::string::npos);
  BOOST_TEST(at.done(Kind::remove, 0, true).lag == 40u);
  BOOST_TEST(at.mesh.status("g").members.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_removed_group_leaves_nothing_and_one_of_its_name_begins_anew) {
  Operated at;
  at.first.judge(Verdict::Kind::park, 3, 1, Reason::handler_rejected);
  at.first.ack(1, {}, {retry_of(2)});
  at.mesh.tell("op", ParkedCommand{79, ParkedCommand::Kind::redrive, "g", {}, false});
  at.first.detach(1);
  at.second.detach(1);
  const GroupDone done = at.done(Kind::remove);
  BOOST_TEST(done.retries == 2u);
  BOOST_TEST(at.mesh.core->groups(at.mesh.now).empty());
  BOOST_TEST(at.mesh.core->settled(40));
  for (const Table table : {Table::groups, Table::ledgers, Table::retries, Table::parked}) {
    BOOST_TEST(at.rows(table) == 0u);
  }
  BOOST_TEST((at.refused(Kind::remove).code == Errc::unknown_group));
  at.mesh.pass(10s);
  at.first.attach();
  BOOST_TEST(at.mesh.status("g").floor == 0u);
  BOOST_TEST(at.mesh.status("g").lag == 40u);
}

BOOST_AUTO_TEST_CASE(what_is_parked_goes_with_its_group) {
  Operated at;
  at.first.judge(Verdict::Kind::park, 3, 1, Reason::handler_rejected);
  at.second.judge(Verdict::Kind::park, 35, 1, Reason::handler_rejected);
  BOOST_REQUIRE(at.rows(Table::parked) == 2u);
  at.first.detach(1);
  at.second.detach(1);
  BOOST_TEST(at.done(Kind::remove).parked == 2u);
  BOOST_TEST(at.rows(Table::parked) == 0u);
  at.mesh.crash();
  at.mesh.open();
  at.first.attach();
  BOOST_TEST(at.mesh.status("g").parked == 0u);
}

BOOST_AUTO_TEST_CASE(a_read_under_way_for_a_removed_group_does_no_harm) {
  Operated at;
  at.first.judge(Verdict::Kind::park, 3, 1, Reason::handler_rejected);
  at.first.ack(1, {}, {retry_of(2)});
  at.mesh.hold_reads = true;
  at.mesh.pass(1s);
  BOOST_TEST(!at.mesh.reads.empty());
  at.first.detach(1);
  at.second.detach(1);
  at.done(Kind::remove);
  at.mesh.release_reads();
  BOOST_TEST(at.mesh.core->groups(at.mesh.now).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
