// Order::key in a group of two members, and with more keys than can be blocked.
#include "ordered_fixture.hpp"

namespace mesh::core {
namespace {

/// Twenty keys over two members with half of the slots each; event seq has key "k<seq>".
struct OrderedPair {
  Mesh mesh;
  Member first{.mesh = mesh, .name = "first"};
  Member second{.mesh = mesh, .name = "second"};
  static constexpr Seq last = 20;

  OrderedPair() {
    first.policy = second.policy = ordered_policy();
    first.policy.backoff = second.policy.backoff = {1h};
    mesh.open();
    std::vector<TestEvent> events;
    for (Seq seq = 1; seq <= last; ++seq) events.push_back({"a", name(seq)});
    mesh.publish(events);
    first.attach();
  }

  static std::string name(Seq seq) { return "k" + std::to_string(seq); }

  static Verdict of(Told kind, Seq seq, std::uint32_t attempt = 1) {
    Verdict verdict;
    verdict.kind = kind;
    verdict.seq = seq;
    verdict.attempt = attempt;
    verdict.slot = slot_of(name(seq), seq);
    verdict.key = key_id(name(seq));
    return verdict;
  }

  /// Keys of these slots.
  static Keys keys(SlotMask slots) {
    Keys out;
    for (Seq seq = 1; seq <= last; ++seq) {
      if ((slots >> slot_of(name(seq), seq) & 1) != 0) out.push_back(key_id(name(seq)));
    }
    return sorted(out);
  }

  std::vector<Grant> grants(const Member& member) const {
    std::vector<Grant> out;
    for (const ControlOut& one : mesh.sent) {
      const auto* grant = std::get_if<Grant>(&one.message);
      if (grant != nullptr && grant->session == member.session) out.push_back(*grant);
    }
    return out;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(key_members)

BOOST_AUTO_TEST_CASE(a_grant_tells_the_blocked_keys_of_new_slots_only) {
  OrderedPair at;
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= OrderedPair::last; ++seq) verdicts.push_back(OrderedPair::of(Told::retry, seq));
  at.first.ack(0, {}, verdicts);
  BOOST_TEST(at.second.attach().blocked.empty());  // nothing is free yet
  at.first.release(0);
  const auto asked = at.grants(at.first);
  BOOST_REQUIRE(!asked.empty());
  for (const Grant& grant : asked) BOOST_TEST(grant.blocked.empty());
  const Grant grant = at.second.granted();
  BOOST_REQUIRE(at.second.slots != 0u);
  BOOST_TEST(grant.blocked == OrderedPair::keys(at.second.slots), boost::test_tools::per_element());
  BOOST_TEST(!grant.blocked.empty());
  BOOST_TEST(grant.blocked.size() < OrderedPair::last);
  // And with a Welcome all of one's own, known or not.
  Resume resume{at.first.epoch, at.first.slots, {{at.first.slots, 0, {}}}, {}};
  const Welcome welcome = at.first.attach(resume);
  BOOST_TEST(welcome.resumed);
  BOOST_TEST(welcome.blocked == OrderedPair::keys(at.first.slots), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_key_is_freed_for_the_member_that_has_its_slot) {
  OrderedPair at;
  at.second.attach();
  at.first.release(0);
  at.second.granted();
  for (Member* member : {&at.first, &at.second}) {
    Seq seq = 1;
    while ((member->slots >> slot_of(OrderedPair::name(seq), seq) & 1) == 0) ++seq;
    at.mesh.sent.clear();
    member->ack(0, {}, {OrderedPair::of(Told::behind, seq)});
    BOOST_TEST(at.mesh.last<Deliver>().session == member->session);
    member->ack(0, {}, {OrderedPair::of(Told::ack, seq)});
    BOOST_REQUIRE(at.mesh.count<Unblock>() == 1u);
    const Unblock unblock = at.mesh.last<Unblock>();
    BOOST_TEST((unblock.keys == Keys{key_id(OrderedPair::name(seq))}));
    BOOST_TEST(unblock.session == member->session);
    BOOST_TEST(unblock.epoch == member->epoch);
    BOOST_TEST(unblock.through == member->request);
    for (const ControlOut& one : at.mesh.sent) {
      if (std::holds_alternative<Unblock>(one.message)) BOOST_TEST(one.route == member->route);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_more_keys_are_blocked_than_can_be_told) {
  Mesh mesh;
  mesh.open();
  const Seq count = blocked_keys_max + 3;
  for (Seq seq = 1; seq <= count;) {
    std::vector<TestEvent> events;
    for (; seq <= count && events.size() < 1000; ++seq) events.push_back({"a", OrderedPair::name(seq)});
    mesh.publish(events);
  }
  mesh.publish({{"a", OrderedPair::name(3)}});
  Member member{.mesh = mesh, .policy = ordered_policy()};
  member.policy.backoff = {1h};
  member.attach();
  const Seq parked = count;
  member.ack(0, {}, {OrderedPair::of(Told::park, parked)});
  BOOST_REQUIRE(mesh.status("g").parked == 1u);
  std::vector<Verdict> verdicts;
  for (Seq seq = 1; seq <= blocked_keys_max; ++seq) {
    verdicts.push_back(OrderedPair::of(Told::retry, seq));
    if (verdicts.size() == verdicts_max) member.ack(0, {}, std::exchange(verdicts, {}));
  }
  BOOST_REQUIRE(mesh.status("g").waiting == blocked_keys_max);
  const auto ask = [&](Verdict verdict) {
    mesh.sent.clear();
    Ack ack;
    ack.session = member.session;
    ack.id = ++member.request;
    ack.epoch = member.epoch;
    ack.settled = {{all_slots, 0, {}}};
    ack.verdicts = {std::move(verdict)};
    mesh.tell(member.route, ack);
    return mesh.count<Refused>() == 0;
  };
  for (const Told kind : {Told::retry, Told::behind, Told::park}) {
    BOOST_TEST(!ask(OrderedPair::of(kind, blocked_keys_max + 1)));
    BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  }
  BOOST_TEST(mesh.status("g").waiting == blocked_keys_max);
  // Of a key that is blocked anyway there may be more.
  Verdict another = OrderedPair::of(Told::behind, 3);
  another.seq = count + 1;
  BOOST_TEST(ask(another));
  BOOST_TEST(mesh.status("g").waiting == blocked_keys_max + 1);
  // A redriven one would need a line too.
  const auto redrive_all = [&] {
    mesh.sent.clear();
    mesh.tell("op", ParkedCommand{10, ParkedCommand::Kind::redrive, "g", {}, false});
  };
  redrive_all();
  BOOST_TEST((mesh.last<Refused>().code == Errc::limit_reached));
  BOOST_TEST(ask(OrderedPair::of(Told::ack, 9, 2)));
  redrive_all();
  BOOST_TEST(mesh.count<Refused>() == 0u);
  BOOST_TEST(mesh.last<ParkedDone>().count == 1u);
}

BOOST_AUTO_TEST_CASE(another_order_is_refused_beside_a_live_member_and_taken_when_alone) {
  Mesh mesh;
  mesh.open();
  mesh.publish({{"a"}});
  Member first{.mesh = mesh, .name = "first", .policy = ordered_policy(OnPark::park_key)};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};  // brings no order
  const auto refused = [&] {
    mesh.tell("second", second.hello());
    const auto* answer = std::get_if<Refused>(&mesh.sent.back().message);
    return answer != nullptr && answer->code == Errc::policy_mismatch;
  };
  BOOST_TEST(refused());
  BOOST_TEST(mesh.last<Refused>().text.find("order key with on_park park-key, not order none") !=
             std::string::npos);
  second.policy = ordered_policy(OnPark::go_on);
  BOOST_TEST(refused());
  BOOST_TEST(mesh.status("g").members.size() == 1u);
  BOOST_TEST((mesh.status("g").order == Order::key));
  BOOST_TEST((mesh.status("g").on_park == OnPark::park_key));
  first.policy = ordered_policy(OnPark::go_on);  // alone, it may
  first.attach();
  BOOST_TEST(mesh.noticed("group.order") == 1u);
  BOOST_TEST(!refused());
  first.detach(0);
  second.policy.order = Order::none;
  second.attach();
  BOOST_TEST(mesh.noticed("group.order") == 2u);
  BOOST_TEST((mesh.status("g").order == Order::none));
}

BOOST_AUTO_TEST_CASE(what_else_a_policy_has_is_the_newest_members) {
  Mesh mesh;
  mesh.open();
  Member{.mesh = mesh, .name = "first", .policy = ordered_policy()}.attach();
  Member second{.mesh = mesh, .name = "second", .policy = ordered_policy()};
  second.policy.attempts_max = 77;
  second.attach();
  BOOST_TEST(mesh.status("g").attempts_max == 77u);
}

// Else whoever comes first after a restart would take the order from members that are only about to come
// back.
BOOST_AUTO_TEST_CASE(after_a_restart_another_order_waits_until_the_members_of_before_are_back_or_lost) {
  Mesh mesh;
  mesh.open();
  Member first{.mesh = mesh, .name = "first", .policy = ordered_policy()};
  first.attach();
  mesh.crash();
  mesh.open();
  Member second{.mesh = mesh, .name = "second"};
  mesh.tell("second", second.hello());
  BOOST_TEST((mesh.last<Refused>().code == Errc::policy_mismatch));
  mesh.pass(mesh.settings.lease);
  second.attach();
  mesh.crash();
  mesh.open();
  second.instance = 2;  // the same member, started again
  second.policy = ordered_policy();
  second.attach();
  BOOST_TEST((mesh.status("g").order == Order::key));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
