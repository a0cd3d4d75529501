#include <set>

#include "fixture.hpp"

namespace mesh::core {
namespace {

constexpr SlotMask upper = SlotMask{0xffffffff} << 32;
constexpr SlotMask lower = ~upper;

struct Two : TwoMembers {
  using TwoMembers::TwoMembers;

  std::vector<Seq> delivered_to(const Member& member) const {
    std::vector<Seq> out;
    for (const ControlOut& one : mesh.sent) {
      const auto* deliver = std::get_if<Deliver>(&one.message);
      if (deliver == nullptr || deliver->session != member.session) continue;
      for (const Redelivery& item : deliver->items) out.push_back(item.seq);
    }
    return out;
  }

  /// Both release what they are asked for, so that a third has its share.
  void let_in(Member& third) {
    third.attach();
    for (Member* member : {&first, &second}) {
      for (const ControlOut& one : mesh.sent) {
        const auto* grant = std::get_if<Grant>(&one.message);
        if (grant == nullptr || grant->session != member->session || grant->release == 0) continue;
        member->epoch = grant->epoch;
        member->slots = grant->slots & ~grant->release;
        mesh.tell(member->route, Release{member->session, 60, grant->epoch, grant->release, {}});
        break;
      }
    }
    third.granted();
  }

  /// The second is silent for its lease; the first is not.
  void lose_second() {
    mesh.pass(3s);
    first.ack(0);
    mesh.pass(2s);
    BOOST_REQUIRE(mesh.noticed("member.lost") == 1u);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(handover)

BOOST_AUTO_TEST_CASE(half_of_the_slots_are_asked_back_for_a_second_member_and_given_once_released) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(40));
  Member first{.mesh = mesh, .name = "first"};
  first.attach();
  first.ack(0);
  Member second{.mesh = mesh, .name = "second"};
  BOOST_TEST(second.attach().slots == 0u);
  const Grant asked = first.granted();
  BOOST_TEST(asked.slots == all_slots);
  BOOST_TEST(asked.release == upper);
  BOOST_TEST(asked.settled.empty());
  mesh.pass(1s);
  BOOST_TEST(mesh.count<Grant>() == 1u);  // nothing is given before it is released
  BOOST_TEST(first.release(7).slots == upper);
  const Grant given = second.granted();
  BOOST_TEST(given.slots == upper);
  BOOST_TEST(given.release == 0u);
  BOOST_TEST((given.settled == std::vector<SlotLedger>{{upper, 7, {}}}));
  BOOST_TEST(given.position == 7u);
  BOOST_TEST(given.redelivered_through == 0u);
  BOOST_TEST(mesh.status("g").members.at(0).slots == lower);
  BOOST_TEST(mesh.status("g").members.at(1).slots == upper);
}

BOOST_AUTO_TEST_CASE(each_member_fetches_its_own_slots_and_no_others) {
  Two two;
  BOOST_TEST(seqs_of(two.first.fetch(0).batches).back() == 31u);
  BOOST_TEST(seqs_of(two.second.fetch(0).batches).front() == 32u);
  two.mesh.tell("first", Fetch{two.first.session, 90, two.first.epoch, 0, 0, all_slots, 1000, false});
  BOOST_TEST((two.mesh.last<Refused>().code == Errc::stale));
  two.mesh.tell("first", Fetch{two.first.session, 91, two.first.epoch, 4, 9, 0xff0, 1 << 20, false});
  const Events part = two.mesh.last<Events>();
  BOOST_TEST(part.through == 9u);
  BOOST_TEST(part.slots == 0xff0u);
  BOOST_TEST(seqs_of(part.batches) == (std::vector<Seq>{5, 6, 7, 8, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_said_of_slots_of_others_counts_for_nothing) {
  Two two;
  BOOST_TEST(!two.first.ack(40).stale);
  BOOST_TEST(two.mesh.status("g").floor == 0u);
  two.second.ack(40);
  BOOST_TEST(two.mesh.status("g").floor == 40u);
  Two other;
  other.first.judge(Verdict::Kind::retry, 33);
  BOOST_TEST(other.mesh.status("g").waiting == 0u);
  BOOST_TEST(other.mesh.status("g").stale == 1u);
}

BOOST_AUTO_TEST_CASE(a_release_that_comes_again_is_answered_again_and_does_no_harm) {
  Two two;
  const Release again{two.first.session, 80, two.first.epoch, upper, {}};
  two.mesh.tell("first", again);
  BOOST_TEST(two.mesh.last<Released>().slots == upper);
  two.second.detach(40);
  two.first.granted();
  BOOST_TEST(two.first.slots == all_slots);
  two.mesh.tell("first", again);  // of an epoch before it was given them again
  BOOST_TEST(two.mesh.last<Released>().slots == 0u);
  BOOST_TEST(two.mesh.status("g").members.at(0).slots == all_slots);
}

BOOST_AUTO_TEST_CASE(a_clean_handover_marks_and_repeats_nothing) {
  Two two;
  two.second.ack(36);
  two.second.detach(38);
  const Grant grant = two.first.granted();
  BOOST_TEST(grant.slots == all_slots);
  BOOST_TEST((grant.settled == std::vector<SlotLedger>{{upper, 38, {}}}));
  BOOST_TEST(grant.redelivered_through == 0u);
  two.mesh.tell("first", Fetch{two.first.session, 70, two.first.epoch, 38, 0, upper, 1 << 20, false});
  BOOST_TEST(seqs_of(two.mesh.last<Events>().batches) == (std::vector<Seq>{39, 40}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_retry_comes_to_the_member_that_has_its_slot_then) {
  Two two;
  two.first.judge(Verdict::Kind::retry, 5);
  two.second.judge(Verdict::Kind::retry, 35);
  two.mesh.pass(1s);
  BOOST_TEST(two.delivered_to(two.first) == (std::vector<Seq>{5}), boost::test_tools::per_element());
  BOOST_TEST(two.delivered_to(two.second) == (std::vector<Seq>{35}), boost::test_tools::per_element());
  two.second.detach(0);  // it has not begun it
  two.first.granted();
  BOOST_TEST(two.delivered_to(two.first) == (std::vector<Seq>{5, 35}), boost::test_tools::per_element());
  BOOST_TEST(two.mesh.status("g").retried == 2u);
}

BOOST_AUTO_TEST_CASE(a_verdict_that_names_a_wrong_slot_is_corrected_by_the_record) {
  Two two;
  Verdict verdict = retry_of(35);
  verdict.slot = 3;
  two.first.ack(0, {}, {verdict});
  two.mesh.pass(1s);
  BOOST_TEST(two.delivered_to(two.first).empty());
  BOOST_TEST(two.delivered_to(two.second) == (std::vector<Seq>{35}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(suspects_of_a_lost_member_go_one_at_a_time_to_one_that_has_nothing_else_in_hand) {
  Two two;
  two.second.fetch(0);
  two.lose_second();
  const Grant asked = two.first.granted();
  BOOST_TEST(asked.release == lower);  // first it gets rid of what it has
  BOOST_TEST(two.delivered_to(two.first).empty());
  two.first.release(31);
  const Grant given = two.first.granted();
  BOOST_TEST(given.slots == upper);
  BOOST_TEST(given.redelivered_through == 40u);
  BOOST_TEST(two.delivered_to(two.first) == (std::vector<Seq>{32}), boost::test_tools::per_element());
  two.first.ask(0, true);
  BOOST_TEST(two.mesh.count<Events>() == 2u);
  BOOST_TEST(two.mesh.last<Events>().batches.empty());  // nothing else is given out meanwhile
  two.first.ask(0, true);
  BOOST_TEST(two.mesh.count<Events>() == 2u);
  // Nor may it take from the live stream, not even when it has all there is.
  two.first.ask(40, true);
  two.mesh.pass(1s);
  BOOST_TEST(two.mesh.last<Events>().batches.empty());
  BOOST_TEST(two.mesh.last<Events>().through == 40u);
  BOOST_TEST(two.mesh.last<Events>().head == 41u);
  for (unsigned round = 0; round < 20; ++round) {
    std::vector<Verdict> handled;
    for (const Redelivery& item : two.mesh.last<Deliver>().items) {
      handled.push_back(retry_of(item.seq));
      handled.back().kind = Verdict::Kind::ack;
    }
    two.first.ack(0, {}, handled);
  }
  two.first.granted();
  BOOST_TEST(two.first.slots == all_slots);  // the others came back to it as well
  two.first.ack(40);
  BOOST_TEST(two.mesh.status("g").retried == 0u);
  BOOST_TEST(two.mesh.status("g").waiting == 0u);
  BOOST_TEST(two.mesh.status("g").floor == 40u);
}

// A member that does one thing at a time reports on what came beside its fetch when that is answered.
BOOST_AUTO_TEST_CASE(a_held_fetch_is_answered_with_each_flight_of_suspects) {
  Two two;
  two.second.fetch(0);
  two.lose_second();
  two.first.granted();
  two.first.release(31);
  two.first.granted();
  const Duration before = two.mesh.now.steady;
  const std::size_t answered = two.mesh.count<Events>();
  std::size_t flights = 0;
  std::vector<Seq> handled;
  while (two.mesh.count<Deliver>() > flights) {
    ++flights;
    two.first.ask(31, true);
    BOOST_REQUIRE(two.mesh.count<Events>() == answered + flights);
    std::vector<Verdict> verdicts;
    for (const Redelivery& item : two.mesh.last<Deliver>().items) {
      verdicts.push_back(retry_of(item.seq));
      verdicts.back().kind = Verdict::Kind::ack;
      handled.push_back(item.seq);
    }
    two.first.ack(31, {}, verdicts);
  }
  BOOST_TEST(handled == (std::vector<Seq>{32, 33, 34, 35, 36, 37, 38, 39, 40}),
             boost::test_tools::per_element());
  BOOST_TEST(flights == 4u);  // of 1, 2, 4 and the rest
  BOOST_TEST((two.mesh.now.steady == before));
}

BOOST_AUTO_TEST_CASE(the_others_go_on_while_suspects_are_with_one_of_them) {
  Two two;
  Member third{.mesh = two.mesh, .name = "third"};
  two.let_in(third);
  two.second.fetch(0);
  two.mesh.pass(3s);
  two.first.ack(0);
  third.ack(0);
  two.mesh.pass(2s);
  // The one with the fewest is asked for all of them; the other keeps its own.
  const auto members = two.mesh.status("g").members;
  BOOST_REQUIRE(members.size() == 2u);
  two.mesh.sent.clear();
  two.first.ask(0);
  third.ask(0);
  BOOST_TEST(two.mesh.count<Events>() == 2u);
}

// Suspects flew to it although it still had events of its own; then the publisher restarts.
BOOST_AUTO_TEST_CASE(what_an_impatient_keeper_has_in_hand_is_no_suspect_after_a_restart) {
  Two two;
  Member third{.mesh = two.mesh, .name = "third", .policy = two.first.policy};
  two.let_in(third);
  for (Member* member : {&two.first, &two.second, &third}) member->fetch(0);
  const SlotMask owned = two.first.slots;
  for (unsigned second = 0; second < 60; ++second) {
    two.mesh.pass(1s);
    two.first.ack(0);
    third.ack(0);
  }
  BOOST_REQUIRE(two.mesh.noticed("member.lost") == 1u);
  const bool of_first = !two.delivered_to(two.first).empty();
  Member& keeper = of_first ? two.first : third;
  const SlotMask in_hand = of_first ? owned : third.slots;
  keeper.granted();
  BOOST_REQUIRE(!two.delivered_to(keeper).empty());
  two.mesh.crash();
  two.mesh.open();
  BOOST_TEST(keeper.attach(Resume{keeper.epoch, keeper.slots | in_hand, {}, {}}).resumed);
  std::set<Seq> suspects;
  for (unsigned second = 0; second < 10; ++second) {  // the other does not come back
    two.mesh.pass(1s);
    keeper.ack(0);
  }
  for (unsigned second = 0; second < 60; ++second) {
    two.mesh.pass(1s);
    if (two.mesh.count<Grant>() > 0) keeper.granted();
    std::vector<Verdict> handled;
    for (const Seq seq : two.delivered_to(keeper)) {
      suspects.insert(seq);
      handled.push_back(retry_of(seq));
      handled.back().kind = Verdict::Kind::ack;
    }
    two.mesh.sent.clear();
    keeper.ack(0, {}, handled);
  }
  BOOST_TEST(suspects.size() > 10u);
  for (const Seq seq : suspects) BOOST_TEST((in_hand >> (seq % slot_count) & 1) == 0u);
}

BOOST_AUTO_TEST_CASE(after_a_restart_slots_wait_a_lease_for_their_owners) {
  Two two;
  two.first.ack(10);
  two.mesh.crash();
  two.mesh.open();
  Member third{.mesh = two.mesh, .name = "third"};
  BOOST_TEST(third.attach().slots == 0u);
  Resume resume{two.first.epoch, two.first.slots, {{two.first.slots, 20, {}}}, {}};
  const Welcome welcome = two.first.attach(resume);
  BOOST_TEST(welcome.resumed);
  BOOST_TEST((welcome.slots & lower) == lower);
  BOOST_TEST(welcome.redelivered_through == 0u);
  two.mesh.pass(3s);
  two.first.ack(20);
  third.ack(0);
  BOOST_TEST((two.mesh.status("g").members.at(0).slots & upper) == 0u);
  two.mesh.pass(2s);
  BOOST_TEST((third.granted().slots & upper) != 0u);  // its owner did not come back
}

BOOST_AUTO_TEST_CASE(what_was_released_without_an_answer_is_released_by_the_resume) {
  Mesh mesh;
  mesh.open();
  mesh.publish(std::vector<TestEvent>(40));
  Member first{.mesh = mesh, .name = "first"};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  first.granted();
  const Resume resume{first.epoch, lower, {{lower, 3, {}}, {upper, 33, {}}}, {}};
  const Welcome welcome = first.attach(resume);
  BOOST_TEST(welcome.resumed);
  BOOST_TEST(welcome.slots == lower);
  const Grant grant = second.granted();
  BOOST_TEST((grant.settled == std::vector<SlotLedger>{{upper, 33, {}}}));
}

BOOST_AUTO_TEST_CASE(a_resume_counts_only_if_all_it_claims_is_its_own) {
  Two two;
  two.lose_second();
  two.first.granted();
  const Resume resume{two.second.epoch, upper, {{upper, 40, {}}}, {}};
  two.first.release(31);  // the suspects' slots are given to it
  const Welcome welcome = two.second.attach(resume);
  BOOST_TEST(!welcome.resumed);
  BOOST_TEST((welcome.slots & upper) == 0u);
  BOOST_TEST(two.mesh.status("g").floor < 40u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
