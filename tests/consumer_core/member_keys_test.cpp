// A member's core with Order::key: what it takes from the publisher's messages, and what it tells.
#include <boost/test/unit_test.hpp>

#include <mesh/core/consumer/held_book.hpp>

#include "fixture.hpp"

using namespace test;

namespace {

constexpr SlotMask upper_half = SlotMask{0xffffffff} << 32;
constexpr SlotMask lower_half = ~upper_half;

// Of slots 1, 2 and 40.
constexpr KeyId key_one = 1 + 64, key_two = 2 + 64, key_forty = 40 + 64;

struct Keyed : Link {
  /// Live at `position` with these slots, of which these keys are blocked.
  void begin(SlotMask slots = all_slots, Seq position = 0, std::vector<KeyId> blocked = {}) {
    core.on_start(now);
    take();
    auto welcome = welcome_for(last<Hello>(), position, position);
    welcome.slots = slots;
    welcome.settled = {{slots, position, {}}};
    welcome.blocked = std::move(blocked);
    give(welcome);
    give(answer({}, position, position));
    live(heartbeat_of(position, position));
  }

  Grant grant_of(SlotMask slots, SlotMask release, SlotMask fresh, Seq position, std::vector<KeyId> blocked) {
    Grant message;
    message.session = session;
    message.head = position;
    message.epoch = ++epoch;
    message.slots = slots;
    message.release = release;
    message.position = position;
    if (fresh != 0) message.settled = {{fresh, position, {}}};
    message.blocked = std::move(blocked);
    return message;
  }

  /// The outcome of an event of that key, in that turn of the dispatcher.
  void fail_with(const Delivery& delivery, KeyId key, std::uint64_t turn,
                 Completion::Kind kind = Completion::Kind::retry) {
    auto failed = outcome(delivery, kind);
    failed.key = key;
    failed.turn = turn;
    complete(failed);
    pass(5ms);
  }

  void unblock(std::vector<KeyId> list, std::uint64_t through, std::optional<Epoch> other_epoch = {}) {
    give(Unblock{session, other_epoch.value_or(epoch), through, std::move(list)});
  }

  /// As `+key` and `-key@turn`, since the last look.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const auto& [change, before] : std::exchange(keys, {})) {
      const bool always = change.turn == ~std::uint64_t{0};
      const std::string turn = always ? "any" : std::to_string(change.turn);
      out.push_back((change.blocked ? "+" : "-") + std::to_string(change.key) +
                    (change.blocked ? "" : "@" + turn));
    }
    return out;
  }

  void redeliver(Seq seq, std::uint32_t attempt) {
    Deliver deliver;
    deliver.session = session;
    deliver.epoch = epoch;
    deliver.items = {{seq, attempt, 0}};
    deliver.batches = {batch_of({{seq}})};
    give(deliver);
  }
};

using Told = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(member_keys)

BOOST_AUTO_TEST_CASE(the_keys_of_a_welcome_are_told_before_any_delivery) {
  Keyed link;
  link.core.on_start(link.now);
  link.take();
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 2);
  welcome.blocked = {key_one, key_two};
  link.give(welcome);
  link.give(link.answer(items(1, 2), 2, 2));
  BOOST_TEST(link.deliveries.size() == 2u);
  BOOST_REQUIRE(link.keys.size() == 2u);
  for (const auto& one : link.keys) BOOST_TEST(one.deliveries == 0u);
  BOOST_TEST((link.told() == Told{"+65", "+66"}));
}

BOOST_AUTO_TEST_CASE(of_a_grant_the_keys_of_new_slots_are_blocked_before_their_deliveries) {
  Keyed link;
  link.begin(lower_half, 36, {key_one});
  BOOST_TEST((link.told() == Told{"+65"}));
  link.give(link.grant_of(all_slots, 0, upper_half, 34, {key_two, key_forty}));
  BOOST_TEST(link.deliveries.empty());
  BOOST_TEST((link.told() == Told{"+104"}));  // slot 2 was the member's before
  link.unblock({key_one}, 0);
  BOOST_TEST((link.told() == Told{"-65@0"}));
}

BOOST_AUTO_TEST_CASE(a_resumed_member_adds_what_the_welcome_says_and_a_new_assignment_begins_anew) {
  Keyed link;
  link.begin(all_slots, 10, {key_one});
  link.told();
  link.pass(2s);
  for (const bool resumed : {true, false}) {
    link.give(Refused{1, link.session, Errc::unknown_session, ""});
    link.pass(1s);
    auto welcome = link.welcome_for(link.last<Hello>(), 10, 10);
    welcome.resumed = resumed;
    welcome.blocked = {key_two};
    link.give(welcome);
    BOOST_TEST((link.told() == Told{"+66"}));
    link.unblock({key_one}, 0);
    BOOST_TEST((link.told() == (resumed ? Told{"-65@0"} : Told{})));
    link.pass(2s);
  }
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_its_key_and_frees_it_only_by_an_unblock_that_knows_of_it) {
  Keyed link;
  link.begin();
  link.live(live_of(0, items(1, 3)));
  link.fail_with(link.deliveries[0], key_one, 3);
  const auto ack = link.last<Ack>();
  BOOST_REQUIRE(ack.verdicts.size() == 1u);
  BOOST_TEST(ack.verdicts[0].key == key_one);
  BOOST_TEST(link.told().empty());  // the dispatcher has done that by itself
  link.unblock({key_one}, ack.id);  // the answer has been overtaken
  BOOST_TEST(link.told().empty());
  link.give(Acked{link.session, ack.id, false, 0});
  link.unblock({key_one}, ack.id - 1);
  BOOST_TEST(link.told().empty());
  link.unblock({key_one}, ack.id, link.epoch - 1);
  BOOST_TEST(link.told().empty());
  link.give(Unblock{link.session + 1, link.epoch, ack.id, {key_one}});
  BOOST_TEST(link.told().empty());
  link.unblock({key_two, key_one}, ack.id);
  BOOST_TEST((link.told() == Told{"-65@3"}));
  link.unblock({key_one}, ack.id + 1);
  BOOST_TEST(link.told().empty());
}

BOOST_AUTO_TEST_CASE(a_verdict_is_carried_by_the_ack_that_brought_it_first) {
  Keyed link;
  link.begin();
  link.live(live_of(0, items(1, 1)));
  link.fail_with(link.deliveries[0], key_one, 3);
  const auto first = link.last<Ack>().id;
  link.pass(1100ms);
  BOOST_REQUIRE(link.last<Ack>().id > first);
  BOOST_REQUIRE(link.last<Ack>().verdicts.size() == 1u);
  link.answer_ack();
  link.unblock({key_one}, first);
  BOOST_TEST((link.told() == Told{"-65@3"}));
}

BOOST_AUTO_TEST_CASE(with_another_verdict_open_the_key_stays_blocked_and_goes_by_the_last_turn) {
  Keyed link;
  link.begin();
  link.live(live_of(0, items(1, 2)));
  link.fail_with(link.deliveries[0], key_one, 3);
  const auto first = link.last<Ack>().id;
  link.fail_with(link.deliveries[1], key_one, 4, Completion::Kind::behind);
  const auto second = link.last<Ack>().id;
  BOOST_REQUIRE(second > first);
  link.give(Acked{link.session, first, false, 0});
  link.unblock({key_one}, first);
  link.unblock({key_one}, second);
  BOOST_TEST(link.told().empty());
  link.give(Acked{link.session, second, false, 0});
  link.unblock({key_one}, first);  // before it knew of the second
  BOOST_TEST(link.told().empty());
  link.unblock({key_one}, second);
  BOOST_TEST((link.told() == Told{"-65@4"}));
}

BOOST_AUTO_TEST_CASE(what_was_held_back_is_told_and_settled_when_that_was_answered) {
  Keyed link;
  link.attach(0, 9);
  link.give(link.answer({{3}, {6}}, 9, 9));
  link.fail_with(link.deliveries[0], key_one, 5, Completion::Kind::behind);
  const auto ack = link.last<Ack>();
  BOOST_REQUIRE(ack.verdicts.size() == 1u);
  BOOST_TEST((ack.verdicts[0].kind == Verdict::Kind::behind));
  BOOST_TEST(ack.verdicts[0].seq == 3u);
  BOOST_TEST(ack.verdicts[0].attempt == 1u);
  BOOST_TEST(ack.verdicts[0].key == key_one);
  BOOST_TEST(ack.settled.at(0).floor == 2u);  // what the first event came with
  BOOST_TEST((ack.settled.at(0).above == std::vector<SeqRange>{{4, 5}}));
  BOOST_TEST(link.core.counters().retried + link.core.counters().parked == 0u);
  link.handle(link.deliveries[1]);
  link.answer_ack();
  link.pass(10ms);
  BOOST_TEST(link.last<Ack>().settled.at(0).floor == 9u);
}

BOOST_AUTO_TEST_CASE(verdicts_of_an_old_assignment_hold_nothing_up) {
  Keyed link;
  link.begin(all_slots, 0);
  link.live(live_of(0, items(1, 1)));
  link.fail_with(link.deliveries[0], key_one, 3);
  link.pass(2s);
  link.give(Refused{1, link.session, Errc::unknown_session, ""});
  link.pass(1s);
  auto welcome = link.welcome_for(link.last<Hello>(), 0, 1);
  welcome.blocked = {key_one};
  link.give(welcome);
  BOOST_TEST((link.told() == Told{"+65"}));
  link.unblock({key_one}, 0);
  BOOST_TEST((link.told() == Told{"-65@0"}));
}

BOOST_AUTO_TEST_CASE(keys_of_released_slots_are_forgotten) {
  Keyed link;
  link.begin(all_slots, 5, {key_one, key_forty});
  link.told();
  link.give(link.grant_of(all_slots, upper_half, 0, 0, {}));
  BOOST_TEST(link.told().empty());  // its handlers might still be at it
  link.give(Released{link.session, link.last<Release>().id, upper_half});
  BOOST_TEST((link.told() == Told{"-104@any"}));
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_finished_is_handled_again_where_its_slot_began_anew) {
  Keyed link;
  link.begin(all_slots, 50);
  for (const Seq seq : {2, 40}) link.redeliver(seq, 1);
  BOOST_REQUIRE(link.deliveries.size() == 2u);
  link.handle_all();
  link.pass(5ms);
  link.answer_ack();
  for (const Seq seq : {2, 40}) link.redeliver(seq, 1);
  BOOST_TEST(link.deliveries.empty());
  link.give(link.grant_of(all_slots, upper_half, 0, 0, {}));
  link.give(Released{link.session, link.last<Release>().id, upper_half});
  link.give(link.grant_of(all_slots, 0, upper_half, 30, {}));  // rewound, for one
  for (const Seq seq : {2, 40}) link.redeliver(seq, 1);
  BOOST_TEST(link.seqs() == (std::vector<Seq>{40}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_held_book_forgets_what_was_finished_of_slots_and_nothing_else) {
  HeldBook book;
  const auto finish = [&](Seq seq, Slot slot) {
    const bool taken = book.take({seq, 1, 0});
    book.answered({seq, 1, 0}, slot);
    return taken;
  };
  BOOST_TEST(finish(1, 5));
  BOOST_TEST(finish(2, 6));
  BOOST_TEST(book.take({3, 1, 0}));  // still in hand
  book.forget(SlotMask{1} << 5);
  BOOST_TEST(!book.take({3, 1, 0}));
  BOOST_TEST(!book.take({2, 1, 0}));
  BOOST_TEST(finish(1, 5));
  BOOST_TEST(!book.take({1, 1, 0}));
  // What was forgotten takes no room among what is remembered: 2, 1 and these.
  for (Seq seq = 10; seq < 8 + HeldBook::remembered_max; ++seq) finish(seq, 6);
  BOOST_TEST(!book.take({2, 1, 0}));
  BOOST_TEST(!book.take({1, 1, 0}));
  finish(9, 6);
  BOOST_TEST(book.take({2, 1, 0}));
  BOOST_TEST(!book.take({1, 1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
