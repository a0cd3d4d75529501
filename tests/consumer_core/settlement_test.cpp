#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

#include "fixture.hpp"

using namespace test;

BOOST_AUTO_TEST_SUITE(settlement)

// Random deliveries by fetch and live, completed in random order with every outcome; verdicts are answered or
// lost. The model keeps every settled seq in a set.
BOOST_AUTO_TEST_CASE(what_is_reported_is_exactly_what_was_settled) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    Link link;
    const Seq start = pick(50);
    link.go_live(start);
    std::set<Seq> settled;
    std::map<std::uint64_t, std::vector<Seq>> carried;  // by Ack
    Seq position = start;
    std::vector<Delivery> hand;
    std::size_t seen = 0;
    const auto cover = [&](Seq first, Seq last) {
      for (Seq seq = first; seq <= last; ++seq) settled.insert(seq);
    };
    const auto check = [&](const SlotLedger& ledger) {
      for (Seq seq = start + 1; seq <= position + 2; ++seq) {
        bool reported = seq <= ledger.floor;
        for (const auto& range : ledger.above) reported = reported || range.contains(seq);
        BOOST_REQUIRE_MESSAGE(reported == settled.contains(seq), "seed " << seed << " seq " << seq);
      }
    };
    for (int step = 0; step < 200; ++step) {
      if (step < 120 && pick(3) == 0) {
        std::vector<Item> list;
        Seq seq = position;
        for (std::size_t i = 0; i < 1 + pick(6); ++i) list.push_back({seq += 1 + pick(3) * pick(2)});
        cover(position + 1, list.front().seq - 1);
        link.live(live_of(position, list));
        position = list.back().seq;
        for (auto& delivery : link.deliveries) hand.push_back(delivery);
        link.deliveries.clear();
      } else if (step < 120 && pick(8) == 0) {
        cover(position + 1, position + 3);
        link.live(heartbeat_of(position, position + 3));
        position += 3;
      } else if (!hand.empty()) {
        const auto which = pick(hand.size());
        std::swap(hand[which], hand.back());
        const auto& delivery = hand.back();
        const bool fails = pick(4) == 0;
        link.handle(delivery, fails ? (pick(2) == 0 ? Completion::Kind::retry : Completion::Kind::park)
                                    : Completion::Kind::ack);
        cover(delivery.event.seq + (fails ? 1 : 0), delivery.covers_to);
        hand.pop_back();
      }
      link.pass(1ms * static_cast<int>(pick(4)));
      for (; seen < link.sent.size(); ++seen) {
        const auto* ack = std::get_if<Ack>(&link.sent[seen]);
        if (!ack) continue;
        for (const auto& verdict : ack->verdicts) carried[ack->id].push_back(verdict.seq);
      }
      if (pick(5) == 0 && !carried.empty()) {
        for (const auto seq : carried.rbegin()->second) settled.insert(seq);
        link.give(Acked{link.session, carried.rbegin()->first, false, 0});
      }
      link.pass(20ms);  // nothing dirty is left
      if (step % 10 == 0 && link.count<Ack>() > 0) check(link.last<Ack>().settled.at(0));
    }
    for (const auto& delivery : hand) {
      link.handle(delivery);
      cover(delivery.event.seq, delivery.covers_to);
    }
    for (int i = 0; i < 3; ++i) {
      link.pass(2s);
      link.answer_ack();
    }
    cover(start + 1, position);
    link.pass(2s);
    check(link.last<Ack>().settled.at(0));
    BOOST_TEST(link.last<Ack>().settled.at(0).floor == position);
    BOOST_TEST(link.last<Ack>().settled.at(0).above.empty());
  }
}

BOOST_AUTO_TEST_SUITE_END()
