#include "fixture.hpp"

namespace mesh::core {
namespace {

/// Segments of about two events each.
struct Small {
  Mesh mesh;
  Member member{mesh};

  explicit Small(RetentionPolicy policy, std::size_t segment_size = 2500) {
    mesh.options.segment_size = segment_size;
    mesh.settings.retention = policy;
    mesh.open();
    member.attach();
  }

  void publish(unsigned count) {
    for (unsigned i = 0; i < count; ++i) mesh.publish({{"a", {}, std::string(1000, 'x')}});
    mesh.usage();
  }
};

RetentionPolicy limit(std::uint64_t bytes,
                      RetentionPolicy::OnLimit on_limit = RetentionPolicy::OnLimit::refuse) {
  RetentionPolicy policy;
  policy.bytes_max = bytes;
  policy.on_limit = on_limit;
  return policy;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keeping)

BOOST_AUTO_TEST_CASE(settled_segments_are_dropped_after_their_ledger_is_committed) {
  Small small(limit(1 << 20));
  small.publish(10);
  BOOST_TEST(small.mesh.drops.empty());
  small.member.ack(9);
  small.mesh.usage();
  BOOST_REQUIRE(!small.mesh.drops.empty());
  BOOST_TEST(small.mesh.drops.back() <= 9u);
  BOOST_TEST(small.mesh.journal->dropped_through() == small.mesh.drops.back());
  BOOST_TEST(small.mesh.status("g").expired == 0u);
  small.mesh.crash();  // the ledger was in the commit before the drop
  small.mesh.open();
  BOOST_TEST(small.mesh.status("g").expired == 0u);
  BOOST_TEST(small.mesh.status("g").floor == 9u);
}

BOOST_AUTO_TEST_CASE(a_retry_holds_its_segment) {
  Small small(limit(1 << 20));
  small.member.policy.backoff = {1h};
  small.member.attach();
  small.publish(10);
  small.member.judge(Verdict::Kind::retry, 1);
  small.member.ack(10);
  small.mesh.usage();
  BOOST_TEST(small.mesh.drops.empty());
}

BOOST_AUTO_TEST_CASE(a_full_journal_says_so_until_groups_have_settled) {
  Small small(limit(6000));
  small.publish(4);
  BOOST_TEST(!small.mesh.core->full());
  small.publish(6);
  BOOST_TEST(small.mesh.core->full());
  BOOST_TEST(small.mesh.noticed("retention.full") == 1u);
  small.member.ack(10);
  small.mesh.pass(50ms);
  BOOST_TEST(!small.mesh.core->full());
  BOOST_TEST(!small.mesh.drops.empty());
  BOOST_TEST(small.mesh.noticed("retention.room") == 1u);
}

BOOST_AUTO_TEST_CASE(a_ledger_that_has_changed_before_the_journal_was_full_makes_room_as_soon) {
  Small small(limit(6000));
  small.publish(4);
  small.member.ack(1);
  small.publish(6);
  BOOST_REQUIRE(small.mesh.core->full());
  small.member.ack(10);
  small.mesh.pass(50ms);
  BOOST_TEST(!small.mesh.core->full());
}

BOOST_AUTO_TEST_CASE(what_an_explicit_policy_drops_is_counted_and_told) {
  Small small(limit(6000, RetentionPolicy::OnLimit::drop_oldest));
  small.publish(10);
  const Seq dropped = small.mesh.journal->dropped_through();
  BOOST_REQUIRE(dropped > 0u);
  BOOST_TEST(!small.mesh.core->full());
  BOOST_TEST(small.mesh.status("g").expired == dropped);
  BOOST_TEST(small.mesh.status("g").floor == dropped);
  BOOST_TEST(small.mesh.noticed("event.expired") >= 1u);
  const Events events = small.member.fetch(0);
  BOOST_REQUIRE(events.expired.has_value());
  BOOST_TEST((*events.expired == SeqRange{1, dropped}));
  BOOST_TEST(seqs_of(events.batches).front() == dropped + 1);
  BOOST_TEST(!small.member.fetch(events.through).expired.has_value());
}

BOOST_AUTO_TEST_CASE(a_group_hears_of_what_expired_while_nobody_was_attached_even_after_a_restart) {
  Small small(limit(6000, RetentionPolicy::OnLimit::drop_oldest));
  small.publish(2);
  small.member.detach(1);
  small.publish(8);
  const Seq dropped = small.mesh.journal->dropped_through();
  BOOST_REQUIRE(dropped > 1u);
  small.mesh.crash();
  small.mesh.open();
  const Welcome welcome = small.member.attach();
  BOOST_TEST(welcome.position == 1u);
  const Events events = small.member.fetch(welcome.position);
  BOOST_REQUIRE(events.expired.has_value());
  BOOST_TEST((*events.expired == SeqRange{2, dropped}));
  small.member.fetch(events.through);
  BOOST_TEST(small.member.attach().position == dropped);
}

BOOST_AUTO_TEST_CASE(a_member_that_had_them_by_the_live_path_is_not_told) {
  Small small(limit(6000, RetentionPolicy::OnLimit::drop_oldest));
  small.publish(10);
  const Events events = small.member.fetch(10);
  BOOST_TEST(!events.expired.has_value());
  BOOST_TEST(small.member.attach().position == small.mesh.journal->dropped_through());
}

BOOST_AUTO_TEST_CASE(a_watcher_is_told_what_is_gone) {
  Small small(limit(6000, RetentionPolicy::OnLimit::drop_oldest));
  Member watcher{.mesh = small.mesh, .group = "", .name = "w"};
  watcher.attach();
  small.publish(10);
  const Events events = watcher.fetch(0);
  BOOST_REQUIRE(events.expired.has_value());
  BOOST_TEST((*events.expired == SeqRange{1, small.mesh.journal->dropped_through()}));
}

BOOST_AUTO_TEST_CASE(a_waiting_retry_that_lost_its_event_is_given_up) {
  Small small(limit(6000, RetentionPolicy::OnLimit::drop_oldest));
  small.member.policy = {.backoff = {1s}, .jitter = 0};
  small.member.attach();
  small.publish(1);
  small.member.judge(Verdict::Kind::retry, 1);
  small.publish(9);
  BOOST_REQUIRE(small.mesh.journal->dropped_through() >= 1u);
  small.mesh.pass(1s);
  BOOST_TEST(small.mesh.status("g").waiting == 0u);
  BOOST_TEST(small.mesh.count<Deliver>() == 0u);
}

BOOST_AUTO_TEST_CASE(a_drop_that_was_not_carried_out_is_asked_for_again) {
  Small small(limit(1 << 20));
  small.mesh.do_drops = false;
  small.publish(10);
  small.member.ack(10);
  small.mesh.usage();
  BOOST_REQUIRE(small.mesh.drops.size() == 1u);
  small.mesh.usage();
  BOOST_TEST(small.mesh.drops.size() == 1u);
  small.mesh.stall(11s);
  small.mesh.usage();
  BOOST_TEST(small.mesh.drops.size() == 2u);
}

namespace {

/// What an operator is told after so many seconds with 3 events each, of which the member settles all but
/// `behind`.
Info told_after(Small& small, unsigned seconds, Seq behind) {
  for (unsigned second = 0; second < seconds; ++second) {
    small.publish(3);
    const Seq head = small.mesh.core->head();
    small.member.ack(head > behind ? head - behind : 0);
    small.mesh.pass(1s);
    small.mesh.usage();
  }
  small.mesh.tell("op", InfoRequest{1});
  return small.mesh.last<Info>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_group_that_keeps_up_is_owed_nothing_and_never_fills_the_journal) {
  Small small(limit(1 << 20));
  const Info info = told_after(small, 20, 0);
  BOOST_TEST(info.journal_bytes > 0u);
  BOOST_TEST(info.journal_owed_bytes == 0u);
  BOOST_TEST(!info.journal_full_in.has_value());
}

BOOST_AUTO_TEST_CASE(a_group_that_is_always_a_little_behind_never_fills_the_journal) {
  Small small(limit(4 << 20), 1 << 20);  // one segment, which grows all the time
  const Info info = told_after(small, 80, 1);
  BOOST_TEST(info.journal_owed_bytes > 0u);
  BOOST_TEST(!info.journal_full_in.has_value());
}

BOOST_AUTO_TEST_CASE(a_group_that_settles_nothing_fills_the_journal_when_it_is_told_to) {
  Small small(limit(1 << 20));
  const Info info = told_after(small, 20, 1000);
  BOOST_TEST(info.journal_owed_bytes == info.journal_bytes);
  BOOST_REQUIRE(info.journal_full_in.has_value());
  // 3 events of a little more than 1 KiB a second: 1 MiB takes less than 6 minutes, of which 20 s are over.
  BOOST_TEST((*info.journal_full_in > 4min && *info.journal_full_in < 6min));
}

// Keeping::needs and PublisherSettings::retention.owed_to.
BOOST_AUTO_TEST_CASE(what_only_a_group_that_is_not_named_has_not_settled_goes_at_the_limit) {
  auto policy = limit(6000);
  policy.owed_to = {"g"};
  Small small(policy);
  Member other{.mesh = small.mesh, .group = "other", .name = "o"};
  other.attach();
  small.publish(2);
  small.member.ack(2);
  small.mesh.usage();
  BOOST_TEST(small.mesh.drops.empty());  // there is room: what others have not settled stays
  for (unsigned i = 0; i < 5; ++i) {
    small.publish(2);
    small.member.ack(small.mesh.core->head());
    small.mesh.usage();
  }
  BOOST_TEST(!small.mesh.core->full());
  BOOST_TEST(small.mesh.journal->dropped_through() > 0u);
  BOOST_TEST(small.mesh.status("g").expired == 0u);
  BOOST_TEST(small.mesh.status("g").owed);
  BOOST_TEST(!small.mesh.status("other").owed);
  BOOST_TEST(small.mesh.status("other").expired == small.mesh.journal->dropped_through());
}

BOOST_AUTO_TEST_CASE(what_a_named_group_has_not_settled_fills_the_journal_whatever_others_have) {
  auto policy = limit(6000);
  policy.owed_to = {"g"};
  Small small(policy);
  Member other{.mesh = small.mesh, .group = "other", .name = "o"};
  other.attach();
  small.publish(10);
  other.ack(10);
  small.mesh.usage();
  BOOST_TEST(small.mesh.core->full());
  BOOST_TEST(small.mesh.drops.empty());
  small.mesh.pass(1s);
  small.member.ack(10);
  small.mesh.pass(50ms);
  BOOST_TEST(!small.mesh.core->full());
}

BOOST_AUTO_TEST_CASE(groups_tell_whether_they_are_owed) {
  Small refusing(limit(1 << 20));
  BOOST_TEST(refusing.mesh.status("g").owed);
  Small dropping(limit(1 << 20, RetentionPolicy::OnLimit::drop_oldest));
  BOOST_TEST(!dropping.mesh.status("g").owed);
  refusing.mesh.tell("op", GroupCommand{9, GroupCommand::Kind::lease, "g", {}, false, 1h});
  refusing.member.detach(0);
  refusing.mesh.pass(1h);
  BOOST_TEST(!refusing.mesh.status("g").owed);
}

BOOST_AUTO_TEST_CASE(a_named_group_that_is_not_there_yet_is_owed_everything) {
  auto policy = limit(6000);
  policy.owed_to = {"g", "later"};
  Small small(policy);
  small.publish(10);
  small.member.ack(10);
  small.mesh.usage();
  BOOST_TEST(small.mesh.core->full());
  BOOST_TEST(small.mesh.drops.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
