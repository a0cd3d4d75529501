#include <mesh/core/publisher/read_ahead.hpp>

#include "fixture.hpp"

namespace mesh::core {
namespace {

/// Ten events, of which a request is enough for two; reads are carried out when the test says so.
struct Behind {
  Mesh mesh;
  Member member{.mesh = mesh, .name = "first"};

  explicit Behind(std::vector<std::string> prefixes = {}) {
    member.prefixes = std::move(prefixes);
    mesh.open();
    for (unsigned i = 0; i < 10; ++i) mesh.publish({{"a.x", {}, std::string(40'000, 'x')}});
    member.attach();
    mesh.hold_reads = true;
  }

  void ask(Seq after) { member.ask(after, false, 100'000); }

  void read() {
    BOOST_REQUIRE(!mesh.reads.empty());
    mesh.run_read();
    mesh.finish();
  }

  std::vector<Seq> answered() { return seqs_of(mesh.last<Events>().batches); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(read_ahead)

BOOST_AUTO_TEST_CASE(the_next_range_is_read_while_the_last_is_on_its_way) {
  Behind at;
  at.ask(0);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{1, 2}), boost::test_tools::per_element());
  at.read();  // for nobody yet
  BOOST_TEST(at.mesh.count<Events>() == 1u);
  at.ask(2);
  BOOST_TEST(at.mesh.count<Events>() == 2u);  // without a read
  BOOST_TEST(at.answered() == (std::vector<Seq>{3, 4}), boost::test_tools::per_element());
  BOOST_TEST(at.mesh.last<Events>().after == 2u);
  BOOST_TEST(at.mesh.last<Events>().through == 4u);
}

BOOST_AUTO_TEST_CASE(one_that_is_asked_for_while_it_is_read_is_answered_by_that_read) {
  Behind at;
  at.ask(0);
  at.read();
  at.ask(2);
  BOOST_TEST(at.mesh.reads.size() == 1u);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_request_for_something_else_is_read_for) {
  Behind at;
  at.ask(0);
  at.read();
  at.read();
  at.ask(5);
  BOOST_TEST(at.mesh.count<Events>() == 1u);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{6, 7}), boost::test_tools::per_element());
  at.mesh.release_reads();
  at.member.ask(7, false, 200'000);  // another credit
  BOOST_TEST(at.answered() == (std::vector<Seq>{8, 9, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_settled_since_is_not_given_out) {
  Behind at;
  at.ask(0);
  at.read();
  at.read();
  at.member.ack(2, {{4, 4}});
  at.ask(2);
  BOOST_TEST(at.mesh.count<Events>() == 1u);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{3, 5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_has_lost_slots_meanwhile_gets_nothing_of_them) {
  Behind at;
  at.ask(0);
  at.read();
  at.read();
  Member second{.mesh = at.mesh, .name = "second"};
  second.attach();
  at.member.release(2);
  at.mesh.hold_reads = false;
  at.ask(2);
  const SlotMask mine = at.member.slots;
  std::vector<Seq> wanted;
  for (Seq seq = 3; seq <= 10; ++seq) {
    if ((mine >> seq % slot_count & 1) != 0) wanted.push_back(seq);
  }
  wanted.resize(std::min<std::size_t>(wanted.size(), 2));
  BOOST_TEST(at.answered() == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_asked_for_soon_is_forgotten) {
  Behind at;
  at.ask(0);
  at.read();
  at.read();
  at.mesh.pass(ReadAhead::kept_for);
  BOOST_TEST(at.mesh.reads.empty());
  at.ask(2);
  BOOST_TEST(at.mesh.count<Events>() == 1u);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_retention_has_dropped_meanwhile_is_told_as_lost_and_not_given_out) {
  Mesh mesh;
  mesh.options.segment_size = 100'000;
  mesh.open();
  for (unsigned i = 0; i < 10; ++i) mesh.publish({{"a.x", {}, std::string(40'000, 'x')}});
  Member watcher{.mesh = mesh, .group = ""};
  watcher.attach();
  watcher.slots = all_slots;
  watcher.ask(0, false, 100'000);
  BOOST_REQUIRE(mesh.last<Events>().through == 2u);
  BOOST_REQUIRE(mesh.journal->drop_through(6).ok());
  mesh.usage();
  const Seq dropped = mesh.journal->dropped_through();
  BOOST_REQUIRE(dropped >= 4u);
  watcher.ask(2, false, 100'000);
  const Events events = mesh.last<Events>();
  BOOST_REQUIRE(events.id == watcher.request);
  BOOST_REQUIRE(events.expired.has_value());
  BOOST_TEST(events.expired->last == dropped);
  BOOST_TEST(seqs_of(events.batches).front() > dropped);
}

BOOST_AUTO_TEST_CASE(nothing_is_read_for_who_has_it_all) {
  Behind at;
  at.ask(8);
  at.read();
  BOOST_TEST(at.answered() == (std::vector<Seq>{9, 10}), boost::test_tools::per_element());
  BOOST_TEST(at.mesh.reads.empty());
}

BOOST_AUTO_TEST_CASE(so_many_sessions_and_no_more_are_read_ahead_for) {
  Behind at;
  at.mesh.hold_reads = false;
  std::vector<Member> watchers;
  for (unsigned i = 0; i < ReadAhead::sessions_max + 2; ++i) {
    watchers.push_back(Member{.mesh = at.mesh, .group = "g" + std::to_string(i), .name = "m"});
    watchers.back().route = watchers.back().group;
    watchers.back().attach();
  }
  for (Member& watcher : watchers) watcher.ask(0, false, 100'000);
  at.mesh.hold_reads = true;
  for (Member& watcher : watchers) watcher.ask(2, false, 100'000);
  BOOST_TEST(at.mesh.count<Events>() == watchers.size() + ReadAhead::sessions_max);
  // Those that do not go on make room.
  at.mesh.release_reads();
  at.mesh.pass(ReadAhead::kept_for);
  at.mesh.sent.clear();
  watchers.back().ask(4, false, 100'000);
  at.mesh.hold_reads = true;
  watchers.back().ask(6, false, 100'000);
  BOOST_TEST(at.mesh.count<Events>() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
