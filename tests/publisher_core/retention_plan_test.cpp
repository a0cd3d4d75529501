#include <boost/test/unit_test.hpp>

#include <mesh/core/publisher/retention_plan.hpp>

namespace mesh::core {
namespace {

/// Segments of 10 seqs, 100 bytes and a second each, the last one active; now is second `count`.
JournalUsage segments(unsigned count) {
  JournalUsage usage;
  for (unsigned i = 0; i < count; ++i) {
    SegmentUsage segment;
    segment.first = 10 * i + 1;
    segment.last = 10 * i + 10;
    segment.newest = Duration(i * 1s).count();
    segment.bytes = 100;
    segment.active = i + 1 == count;
    usage.segments.push_back(segment);
  }
  return usage;
}

constexpr WallTime at(Duration time) {
  return time.count();
}

/// All groups are owed what they have not settled.
Needs owed(std::optional<Seq> from) {
  return {from, from};
}

RetentionPolicy policy() {
  RetentionPolicy out;
  out.bytes_max = 1000;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retention)

BOOST_AUTO_TEST_CASE(settled_segments_go_and_the_first_owed_one_stays) {
  const auto plan = plan_retention(segments(5), owed(25), policy(), at(5s));
  BOOST_TEST(plan.drop_through == 20u);
  BOOST_TEST(!plan.full);
  BOOST_TEST(plan.owed_bytes == 300u);
}

BOOST_AUTO_TEST_CASE(what_only_others_have_not_settled_goes_at_the_limit_and_not_before) {
  const Needs needs{25, 5};
  BOOST_TEST(plan_retention(segments(5), needs, policy(), at(100h)).drop_through == 0u);
  auto small = policy();
  small.bytes_max = 400;
  const auto plan = plan_retention(segments(5), needs, small, at(5s));
  BOOST_TEST(plan.drop_through == 20u);
  BOOST_TEST(!plan.full);
  BOOST_TEST(plan.owed_bytes == 300u);
}

BOOST_AUTO_TEST_CASE(the_active_segment_is_never_dropped) {
  BOOST_TEST(plan_retention(segments(3), owed(1000), policy(), at(100h)).drop_through == 20u);
}

BOOST_AUTO_TEST_CASE(settled_events_are_kept_as_long_as_asked_but_not_at_the_limit) {
  auto keep = policy();
  keep.settled_keep = 3s;
  BOOST_TEST(plan_retention(segments(5), owed(1000), keep, at(4s)).drop_through == 20u);
  keep.bytes_max = 400;
  BOOST_TEST(plan_retention(segments(5), owed(1000), keep, at(1s)).drop_through == 20u);
}

BOOST_AUTO_TEST_CASE(what_is_owed_is_kept_at_the_limit_and_the_journal_is_full) {
  auto small = policy();
  small.bytes_max = 500;
  const auto plan = plan_retention(segments(5), owed(5), small, at(5s));
  BOOST_TEST(plan.drop_through == 0u);
  BOOST_TEST(plan.full);
  BOOST_TEST(plan.owed_bytes == 500u);
}

BOOST_AUTO_TEST_CASE(it_is_not_full_when_something_can_go) {
  auto small = policy();
  small.bytes_max = 500;
  const auto plan = plan_retention(segments(5), owed(11), small, at(5s));
  BOOST_TEST(plan.drop_through == 10u);
  BOOST_TEST(!plan.full);
}

BOOST_AUTO_TEST_CASE(drop_oldest_drops_as_little_as_makes_room) {
  auto small = policy();
  small.bytes_max = 400;
  small.on_limit = RetentionPolicy::OnLimit::drop_oldest;
  const auto plan = plan_retention(segments(5), owed(1), small, at(5s));
  BOOST_TEST(plan.drop_through == 20u);
  BOOST_TEST(!plan.full);
}

BOOST_AUTO_TEST_CASE(what_may_go_at_the_limit_is_not_owed_though_it_is_kept_until_then) {
  auto keep = policy();
  keep.settled_keep = 100h;
  BOOST_TEST(plan_retention(segments(5), owed(35), keep, at(5s)).owed_bytes == 200u);
  BOOST_TEST(plan_retention(segments(5), owed(std::nullopt), keep, at(5s)).owed_bytes == 0u);
  keep.on_limit = RetentionPolicy::OnLimit::drop_oldest;
  BOOST_TEST(plan_retention(segments(5), owed(1), keep, at(5s)).owed_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_is_owed_where_all_is_settled_up_to_the_head) {
  const auto plan = plan_retention(segments(5), owed(51), policy(), at(5s));
  BOOST_TEST(plan.owed_bytes == 0u);
  BOOST_TEST(plan.owed_bytes_precise == 0u);
  auto empty = segments(5);
  empty.segments.back().last = 40;
  BOOST_TEST(plan_retention(empty, owed(41), policy(), at(5s)).owed_bytes == 0u);
  BOOST_TEST(plan_retention(empty, owed(1), policy(), at(5s)).owed_bytes == 400u);
}

BOOST_AUTO_TEST_CASE(the_segment_that_is_written_is_owed_as_soon_as_something_in_it_is) {
  const auto plan = plan_retention(segments(5), owed(50), policy(), at(5s));
  BOOST_TEST(plan.owed_bytes == 100u);
  BOOST_TEST(plan.owed_bytes_precise == 10u);
}

BOOST_AUTO_TEST_CASE(of_the_first_owed_segment_the_precise_part_counts_from_the_first_owed_event) {
  const auto plan = plan_retention(segments(5), owed(26), policy(), at(5s));
  BOOST_TEST(plan.owed_bytes == 300u);
  BOOST_TEST(plan.owed_bytes_precise == 250u);
}

BOOST_AUTO_TEST_CASE(age_drops_settled_or_not) {
  auto aged = policy();
  aged.age_max = 3s;
  BOOST_TEST(plan_retention(segments(5), owed(1), aged, at(4s)).drop_through == 20u);
}

BOOST_AUTO_TEST_CASE(without_groups_everything_is_kept_until_the_limit) {
  BOOST_TEST(plan_retention(segments(5), owed(std::nullopt), policy(), at(100h)).drop_through == 0u);
  auto small = policy();
  small.bytes_max = 300;
  const auto plan = plan_retention(segments(5), owed(std::nullopt), small, at(5s));
  BOOST_TEST(plan.drop_through == 30u);
  BOOST_TEST(!plan.full);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
