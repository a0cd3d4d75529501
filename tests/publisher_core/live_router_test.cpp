#include "fixture.hpp"

#include <mesh/core/publisher/live_router.hpp>

namespace mesh::core {
namespace {

struct Stream {
  LiveRouter router{LiveSettings{test_origin(), 3, 20ms, 1s}};
  Now now{1s, 0};
  Seq head = 0;
  std::vector<LiveMessage> out;

  void subscribe(std::string_view prefix) { BOOST_REQUIRE(router.subscribe(prefix, true, head, now).ok()); }

  void send(const std::vector<TestEvent>& events) {
    const Batch batch = make_batch(head + 1, events);
    head = batch.header.last;
    BOOST_REQUIRE(router.route(batch, now, out).ok());
  }

  void beat(Duration after) {
    now.steady += after;
    router.beat(head, now, out);
  }
};

std::vector<TestEvent> topics(std::initializer_list<const char*> names) {
  std::vector<TestEvent> out;
  for (const char* name : names) out.push_back({name});
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(live_router)

BOOST_AUTO_TEST_CASE(without_listeners_nothing_is_sent_nor_decoded) {
  LiveRouter router(LiveSettings{});
  Batch garbage = make_batch(1, topics({"a", "b"}));
  garbage.bytes = Bytes(std::vector<std::byte>(100));
  std::vector<LiveMessage> out;
  BOOST_TEST(router.route(garbage, Now{}, out).ok());
  BOOST_TEST(out.empty());
  BOOST_TEST(router.counters().unsent == 2u);
}

BOOST_AUTO_TEST_CASE(a_batch_of_one_frame_prefix_travels_without_a_copy) {
  Stream stream;
  stream.subscribe("a.");
  stream.subscribe("b.");
  const Batch batch = make_batch(1, topics({"a.x", "a.y", "a.x"}));
  BOOST_REQUIRE(stream.router.route(batch, stream.now, stream.out).ok());
  BOOST_REQUIRE(stream.out.size() == 1u);
  const LiveMessage& message = stream.out[0];
  BOOST_TEST(message.prefix == "a.");
  BOOST_TEST(message.incarnation == 3u);
  BOOST_TEST(message.first == 1u);
  BOOST_TEST(message.last == 3u);
  BOOST_REQUIRE(message.batch.has_value());
  BOOST_TEST(message.batch->bytes.data() == batch.bytes.data());
  BOOST_REQUIRE(message.companions.has_value());
  BOOST_TEST(message.companions->empty());
}

BOOST_AUTO_TEST_CASE(a_mixed_batch_is_divided_and_its_parts_name_each_other) {
  Stream stream;
  stream.subscribe("a.");
  stream.subscribe("b.");
  stream.send(topics({"a.1", "b.1", "c.1", "a.2"}));
  BOOST_REQUIRE(stream.out.size() == 2u);
  BOOST_TEST(stream.out[0].prefix == "a.");
  BOOST_TEST(seqs_of({*stream.out[0].batch}) == (std::vector<Seq>{1, 4}), boost::test_tools::per_element());
  BOOST_TEST((stream.out[0].batch->header.flags & batch_filtered) != 0u);
  BOOST_TEST(stream.out[0].first == 1u);
  BOOST_TEST(stream.out[0].last == 4u);
  BOOST_TEST(stream.out[0].companions->front() == "b.");
  BOOST_TEST(stream.out[1].prefix == "b.");
  BOOST_TEST(seqs_of({*stream.out[1].batch}) == (std::vector<Seq>{2}), boost::test_tools::per_element());
  BOOST_TEST(stream.out[1].companions->front() == "a.");
  BOOST_TEST(stream.router.counters().sent == 3u);
  BOOST_TEST(stream.router.counters().unsent == 1u);
}

BOOST_AUTO_TEST_CASE(chains_name_what_was_sent_before_the_batch_under_every_active_prefix) {
  Stream stream;
  stream.send(topics({"x", "x"}));
  stream.subscribe("a.");
  stream.subscribe("a.b.");
  stream.send(topics({"a.1", "a.b.1"}));
  BOOST_REQUIRE(stream.out.size() == 2u);
  BOOST_TEST((stream.out[0].chains == std::vector<Chain>{{2, 2}}));
  BOOST_TEST((stream.out[1].chains == std::vector<Chain>{{2, 2}, {4, 2}}));
  stream.send(topics({"z"}));
  stream.send(topics({"a.2"}));
  stream.send(topics({"a.b.2"}));
  BOOST_TEST((stream.out[2].chains == std::vector<Chain>{{2, 4}}));
  BOOST_TEST((stream.out[3].chains == std::vector<Chain>{{2, 6}, {4, 4}}));
}

BOOST_AUTO_TEST_CASE(the_empty_prefix_alone_takes_every_batch_whole) {
  Stream stream;
  stream.subscribe("");
  stream.send(topics({"a", "b", "c.d"}));
  stream.send(topics({"e"}));
  BOOST_REQUIRE(stream.out.size() == 2u);
  BOOST_TEST(stream.out[0].batch->header.count == 3u);
  BOOST_TEST((stream.out[1].chains == std::vector<Chain>{{0, 3}}));
}

BOOST_AUTO_TEST_CASE(more_companions_than_can_be_named_are_not_named) {
  Stream stream;
  std::vector<TestEvent> events;
  for (unsigned i = 0; i < companions_max + 1; ++i) {
    const std::string topic = "t" + std::to_string(1000 + i);
    stream.subscribe(topic);
    events.push_back({topic});
  }
  stream.send(events);
  BOOST_REQUIRE(stream.out.size() == companions_max + 1);
  BOOST_TEST(stream.out[0].companions->size() == companions_max);
  stream.out.clear();
  stream.subscribe("last");
  events.push_back({"last"});
  stream.send(events);
  BOOST_REQUIRE(stream.out.size() == companions_max + 2);
  BOOST_TEST(!stream.out[0].companions.has_value());
}

BOOST_AUTO_TEST_CASE(a_prefix_that_was_gone_begins_anew_at_the_head) {
  Stream stream;
  stream.subscribe("a");
  stream.send(topics({"a"}));
  BOOST_REQUIRE(stream.router.subscribe("a", false, stream.head, stream.now).ok());
  stream.send(topics({"a"}));
  stream.subscribe("a");
  stream.send(topics({"a"}));
  BOOST_REQUIRE(stream.out.size() == 2u);
  BOOST_TEST((stream.out[1].chains == std::vector<Chain>{{1, 2}}));
}

BOOST_AUTO_TEST_CASE(a_heartbeat_follows_a_short_quiet_and_then_comes_rarely) {
  Stream stream;
  stream.subscribe("a.");
  stream.beat(0s);
  stream.send(topics({"a.1"}));
  stream.out.clear();
  stream.beat(19ms);
  BOOST_TEST(stream.out.empty());
  stream.send(topics({"b.1"}));
  stream.beat(1ms);
  BOOST_REQUIRE(stream.out.size() == 1u);
  BOOST_TEST(!stream.out[0].batch.has_value());
  BOOST_TEST(stream.out[0].head == 2u);
  BOOST_TEST((stream.out[0].chains == std::vector<Chain>{{2, 1}}));
  BOOST_TEST((stream.router.next_deadline() == stream.now.steady + 1s));
  stream.beat(999ms);
  BOOST_TEST(stream.out.size() == 1u);
  stream.beat(1ms);
  BOOST_TEST(stream.out.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_event_under_a_prefix_that_others_extend_brings_their_heartbeat) {
  Stream stream;
  for (const char* prefix : {"a.", "a.b.", "a.c."}) stream.subscribe(prefix);
  stream.beat(20ms);
  BOOST_TEST(stream.out.size() == 2u);  // a.b. and a.c., which reach those of a. too
  stream.out.clear();
  stream.send(topics({"a.z"}));
  stream.out.clear();
  stream.beat(20ms);
  BOOST_REQUIRE(stream.out.size() == 1u);
  BOOST_TEST(stream.out[0].prefix == "a.b.");
  BOOST_TEST((stream.out[0].chains == std::vector<Chain>{{2, 1}, {4, 0}}));
}

BOOST_AUTO_TEST_CASE(a_new_prefix_gets_a_heartbeat_soon) {
  Stream stream;
  stream.subscribe("a.b.");
  stream.beat(20ms);
  stream.out.clear();
  stream.subscribe("a.");
  stream.beat(0s);
  stream.beat(20ms);
  BOOST_REQUIRE(stream.out.size() == 1u);
  BOOST_TEST(stream.out[0].chains.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_does_not_decode_leaves_a_gap_that_all_listeners_see) {
  Stream stream;
  stream.subscribe("a");
  stream.subscribe("b");
  Batch damaged = make_batch(1, topics({"a"}));
  std::vector<std::byte> bytes(damaged.bytes.view().begin(), damaged.bytes.view().end());
  bytes[batch_header_size] = std::byte{0xc1};
  damaged.bytes = Bytes(std::move(bytes));
  BOOST_TEST(!stream.router.route(damaged, stream.now, stream.out).ok());
  stream.head = 1;
  stream.send(topics({"b"}));
  BOOST_REQUIRE(stream.out.size() == 1u);
  BOOST_TEST((stream.out[0].chains == std::vector<Chain>{{1, 1}}));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_prefix_is_refused) {
  LiveRouter router(LiveSettings{});
  BOOST_TEST(!router.subscribe("a\nb", true, 0, Now{}).ok());
  BOOST_TEST(!router.subscribe(std::string(201, 'a'), true, 0, Now{}).ok());
  BOOST_TEST(router.prefixes() == 0u);
}

BOOST_AUTO_TEST_CASE(many_alternating_topics_cost_a_few_messages_per_batch) {
  Stream stream;
  for (const char* prefix : {"a.", "b.", "c."}) stream.subscribe(prefix);
  std::vector<TestEvent> events;
  for (unsigned i = 0; i < 3000; ++i) {
    events.push_back({std::string(1, static_cast<char>('a' + i % 3)) + "." + std::to_string(i % 50)});
  }
  for (unsigned i = 0; i < 100; ++i) stream.send(events);
  BOOST_TEST(stream.router.counters().sent == 300'000u);
  BOOST_TEST(stream.out.size() == 300u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
