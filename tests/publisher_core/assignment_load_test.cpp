#include <numeric>
#include <random>

#include "fixture.hpp"
#include "settled_assignment.hpp"

namespace mesh::core {
namespace {

/// So many keys that are equally busy, wherever their slots are.
SlotLoads load_of_keys(int keys, std::mt19937_64& random) {
  SlotLoads load{};
  for (int key = 0; key < keys; ++key) load[random() % slot_count] += 50;
  return load;
}

std::uint64_t sum(const SlotLoads& load, SlotMask slots) {
  std::uint64_t out = 0;
  for (Slot slot = 0; slot < slot_count; ++slot) out += (slots >> slot & 1) * load[slot];
  return out;
}

/// How much more than the even part the busiest member has, in percent.
std::int64_t excess(const Assignment& assignment, const SlotLoads& load) {
  std::uint64_t most = 0;
  for (const auto& member : assignment.members()) most = std::max(most, sum(load, member.slots));
  const std::uint64_t all = std::max<std::uint64_t>(sum(load, all_slots), 1);
  return static_cast<std::int64_t>(most * assignment.members().size() * 100 / all) - 100;
}

std::uint64_t busiest(const Assignment& assignment, const SlotLoads& load) {
  std::uint64_t most = 0;
  for (const auto& member : assignment.members()) most = std::max(most, sum(load, member.slots));
  return most;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(assignment_load)

BOOST_AUTO_TEST_CASE(eight_members_have_even_parts_of_the_work_of_a_thousand_keys) {
  std::int64_t by_number = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    const Assignment::Terms terms{.load = load_of_keys(1000, random)};
    Assignment slots, blind;
    const SessionId before = 1 + seed % 7;
    for (SessionId session = 1; session <= before; ++session) slots.join(session), blind.join(session);
    settle(slots);  // they came before anything was known
    settle(blind);
    for (SessionId session = before + 1; session <= 8; ++session) {
      slots.join(session);
      blind.join(session);
      BOOST_TEST(settle(slots, terms) == settle(blind));
    }
    if (before <= 4) BOOST_TEST(excess(slots, terms.load) < 10);
    by_number += excess(blind, terms.load) - excess(slots, terms.load);
  }
  BOOST_TEST(by_number / 300 >= 5);
}

BOOST_AUTO_TEST_CASE(what_one_leaves_behind_is_shared_evenly) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random(seed);
    const Assignment::Terms terms{.load = load_of_keys(1000, random)};
    Assignment slots;
    for (SessionId session = 1; session <= 4; ++session) {
      slots.join(session);
      settle(slots, terms);
    }
    slots.leave(1 + seed % 4);
    BOOST_TEST(settle(slots, terms) == 16);
    BOOST_TEST(excess(slots, terms.load) < 10);
  }
}

// Whatever the loads, members and what happened before: the number of moves and the shares are as without.
BOOST_AUTO_TEST_CASE(loads_change_which_slots_move_and_not_how_many) {
  for (unsigned seed = 1; seed <= 500; ++seed) {
    std::mt19937_64 random(seed);
    Assignment::Terms terms;
    for (auto& load : terms.load) load = random() % (random() % 4 == 0 ? 100'000 : 100);
    terms.exchange = false;
    Assignment slots, blind;
    SessionId next = 1;
    for (int step = 0; step < 12; ++step) {
      if (slots.empty() || random() % 3 != 0) {
        slots.join(next);
        blind.join(next++);
      } else {
        const SessionId gone = slots.members()[random() % slots.members().size()].session;
        if (count(slots.member(gone).slots) != count(blind.member(gone).slots)) continue;
        slots.leave(gone);
        blind.leave(gone);
      }
      BOOST_TEST(settle(slots, terms) == settle(blind));
      int least = 64, most = 0;
      for (const auto& member : slots.members()) {
        least = std::min(least, count(member.slots));
        most = std::max(most, count(member.slots));
      }
      BOOST_TEST(most - least <= 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_busiest_exchanges_a_slot_at_a_time_until_it_is_even) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937_64 random(seed);
    Assignment::Terms terms{.load = load_of_keys(1000, random)};
    Assignment slots;
    for (SessionId session = 1; session <= 8; ++session) slots.join(session);
    settle(slots);
    terms.exchange = true;
    for (int round = 0;; ++round) {
      BOOST_REQUIRE(round < 20);
      const std::uint64_t before = busiest(slots, terms.load);
      const auto plan = slots.plan(terms);
      if (plan.empty()) break;
      BOOST_REQUIRE(plan.size() == 2u);
      BOOST_TEST(sum(terms.load, slots.member(plan[0].session).slots) == before);
      for (const auto& change : plan) {
        BOOST_TEST(count(change.ask_back) == 1);
        slots.ask_back(change.session, change.ask_back);
        slots.promise(change.session, change.promise);
      }
      BOOST_TEST(slots.plan(terms).empty());  // one exchange at a time
      // Whoever releases first, each gets the other's.
      for (const auto& change : {plan[seed % 2], plan[1 - seed % 2]}) {
        slots.release(change.session, change.ask_back);
        for (const auto& next : slots.plan(terms)) {
          BOOST_TEST(next.ask_back == 0u);
          slots.give(next.session, next.give);
        }
      }
      for (const auto& change : plan) {
        BOOST_TEST((slots.member(change.session).slots & change.promise) == change.promise);
        BOOST_TEST(sum(terms.load, slots.member(change.session).slots) < before);
        BOOST_TEST(count(slots.member(change.session).slots) == 8);
      }
    }
    BOOST_TEST(excess(slots, terms.load) < 12);
  }
}

BOOST_AUTO_TEST_CASE(chance_and_what_no_exchange_betters_move_nothing) {
  Assignment slots;
  for (SessionId session = 1; session <= 4; ++session) slots.join(session);
  settle(slots);
  Assignment::Terms terms{.exchange = true};
  BOOST_TEST(slots.plan(terms).empty());
  terms.load.fill(10);
  BOOST_TEST(slots.plan(terms).empty());
  terms.load[0] = 60;  // 210 and three times 160: a third of the rest's root
  BOOST_TEST(slots.plan(terms).empty());
  terms.load.fill(0);
  terms.load[5] = 100'000;  // one key has all the work
  BOOST_TEST(slots.plan(terms).empty());
  terms.load.fill(1000);
  terms.load[0] = terms.load[4] = 6000;
  BOOST_TEST(slots.plan(terms).size() == (slots.holder(0) == slots.holder(4) ? 2u : 0u));
}

BOOST_AUTO_TEST_CASE(a_promise_ends_with_its_member_or_when_there_is_no_room) {
  Assignment slots;
  for (SessionId session = 1; session <= 2; ++session) slots.join(session);
  settle(slots);
  Assignment::Terms terms{.exchange = true};
  terms.load.fill(1000);
  for (Slot slot = 0; slot < slot_count; ++slot) {
    if (slots.holder(slot) == 1) terms.load[slot] = slot % 2 == 0 ? 4000 : 1000;
  }
  const auto plan = slots.plan(terms);
  BOOST_REQUIRE(plan.size() == 2u);
  for (const auto& change : plan) {
    slots.ask_back(change.session, change.ask_back);
    slots.promise(change.session, change.promise);
  }
  slots.leave(plan[1].session);
  settle(slots);
  BOOST_TEST(slots.member(plan[0].session).slots == all_slots);
  BOOST_TEST(slots.member(plan[0].session).promised == 0u);
}

// ---- as the publisher does it ----

namespace {

/// Events of keys of some slots, `each` of every one.
std::vector<TestEvent> events_of(SlotMask slots, int each, const std::string& topic = "a.x") {
  std::vector<TestEvent> events;
  for (int key = 0; slots != 0; ++key) {
    const std::string name = "k" + std::to_string(key);
    const SlotMask slot = SlotMask{1} << slot_of(name, 1);
    if ((slots & slot) == 0) continue;
    slots &= ~slot;
    for (int i = 0; i < each; ++i) events.push_back({topic, name, "p"});
  }
  return events;
}

constexpr SlotMask busy = 0xff;  // of 64 slots

}  // namespace

BOOST_AUTO_TEST_CASE(a_newcomer_takes_half_of_the_busy_slots) {
  Mesh mesh;
  mesh.open();
  Member first{.mesh = mesh, .name = "first"};
  first.attach();
  mesh.publish(events_of(busy, 200));
  mesh.publish(events_of(~busy, 1));
  first.ack(mesh.core->head());
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  const Grant asked = first.granted();
  BOOST_TEST(count(asked.release) == 32);
  BOOST_TEST(count(asked.release & busy) == 4);
}

BOOST_AUTO_TEST_CASE(what_a_group_does_not_want_does_not_count_for_it) {
  Mesh mesh;
  mesh.open();
  Member first{.mesh = mesh, .name = "first", .prefixes = {"wanted"}};
  first.attach();
  mesh.publish(events_of(busy, 100, "wanted.x"));
  mesh.publish(events_of(busy, 100, "wanted.x"));
  mesh.publish(events_of(~busy, 100, "other.x"));
  first.ack(mesh.core->head());
  Member second{.mesh = mesh, .name = "second", .prefixes = {"wanted"}};
  second.attach();
  BOOST_TEST(count(first.granted().release & busy) == 4);
}

// All came before the first event, by number; the one with all the work gives some of it away, once a lease.
BOOST_AUTO_TEST_CASE(members_that_came_before_the_work_exchange_a_slot_a_lease) {
  Mesh mesh;
  mesh.settings.lease = 5s;
  mesh.open();
  Member first{.mesh = mesh, .name = "first"};
  first.attach();
  Member second{.mesh = mesh, .name = "second"};
  second.attach();
  first.release();
  second.granted();
  BOOST_REQUIRE((first.slots & busy) == busy);
  const auto work = [&] {
    for (int i = 0; i < 6; ++i) {
      mesh.publish(events_of(busy, 30));
      mesh.publish(events_of(~busy, 1));
      mesh.pass(1s);
      first.ack(mesh.core->head());
      second.ack(mesh.core->head());
    }
  };
  for (int moved = 1; moved <= 4; ++moved) {
    const std::size_t grants = mesh.count<Grant>();
    work();
    BOOST_REQUIRE(mesh.count<Grant>() > grants);
    const auto told = [&](Member& member) {
      for (auto it = mesh.sent.rbegin(); it != mesh.sent.rend(); ++it) {
        const Grant* grant = std::get_if<Grant>(&it->message);
        if (grant == nullptr || grant->session != member.session) continue;
        member.epoch = grant->epoch;
        member.slots = grant->slots & ~grant->release;
        return grant->release;
      }
      return SlotMask{0};
    };
    const auto release = [&](Member& member) {
      const SlotMask slots = told(member);
      BOOST_TEST(count(slots) == 1);
      const Seq head = mesh.core->head();
      mesh.tell(member.route,
                Release{member.session, ++member.request, member.epoch, slots, {{slots, head, {}}}});
    };
    release(first);
    release(second);
    told(first);
    told(second);
    BOOST_TEST(count(first.slots & busy) == 8 - moved);
    BOOST_TEST(count(second.slots & busy) == moved);
    BOOST_TEST(count(first.slots) == 32);
    first.ack(mesh.core->head());
    second.ack(mesh.core->head());
  }
  const std::size_t grants = mesh.count<Grant>();
  work();
  work();
  BOOST_TEST(mesh.count<Grant>() == grants);  // it is even
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
