#include <poll.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include <mesh/io/clock.hpp>
#include <mesh/io/publisher/staging.hpp>

using namespace mesh;
using namespace mesh::io;

namespace {

EventInput event_of(std::string_view payload) {
  return {"t.x", std::nullopt, {}, as_bytes(payload)};
}

std::size_t body_bytes(const std::vector<Batch>& batches) {
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += batch.size() - batch_header_size;
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(seqs_are_dense_and_times_never_decrease_whoever_publishes) {
  Waker waker;
  Staging staging({Origin{}, 7, 1u << 20, 16u << 20}, waker);
  constexpr unsigned threads_count = 4;
  constexpr unsigned each = 5000;
  std::vector<std::thread> threads;
  std::atomic<bool> failed{false};
  for (unsigned t = 0; t < threads_count; ++t)
    threads.emplace_back([&] {
      for (unsigned i = 0; i < each; ++i)
        if (!staging.publish(event_of("some payload"), 20s)) failed = true;
    });
  Seq next = 7;
  WallTime newest = 0;
  std::vector<EventView> events;
  while (next < 7 + threads_count * each) {
    std::vector<Batch> batches;
    staging.take(batches, 1u << 20);
    for (const auto& batch : batches) {
      BOOST_REQUIRE(parse_batch(batch.bytes).ok());
      BOOST_REQUIRE(decode_events(batch.view(), events).ok());
      for (const auto& event : events) {
        BOOST_REQUIRE(event.seq == next++);
        BOOST_REQUIRE(event.time >= newest);
        newest = event.time;
      }
    }
    staging.release(body_bytes(batches));
    std::this_thread::yield();
  }
  for (auto& thread : threads) thread.join();
  BOOST_TEST(!failed);
  BOOST_TEST(staging.bytes() == 0u);
  BOOST_TEST(staging.published() == threads_count * each);
  BOOST_TEST(!staging.waiting());
}

BOOST_AUTO_TEST_CASE(a_batch_never_exceeds_its_target_but_for_one_larger_event_alone) {
  Waker waker;
  Staging staging({Origin{}, 1, 1u << 20, 16u << 20}, waker);
  const std::string small(1000, 'x');
  const std::string large(500'000, 'x');
  for (int i = 0; i < 2000; ++i)
    BOOST_REQUIRE(staging.publish(event_of(i % 400 == 7 ? large : small), 0s).ok());
  std::vector<Batch> batches;
  staging.take(batches, 64u << 20);
  std::uint64_t count = 0;
  for (const auto& batch : batches) {
    count += batch.header.count;
    BOOST_TEST((batch.view().body().size() <= batch_body_target || batch.header.count == 1));
  }
  BOOST_TEST(count == 2000u);
}

BOOST_AUTO_TEST_CASE(take_stops_at_about_the_bytes_asked_for) {
  Waker waker;
  Staging staging({Origin{}, 1, 1u << 20, 16u << 20}, waker);
  const std::string payload(100'000, 'x');
  for (int i = 0; i < 100; ++i) BOOST_REQUIRE(staging.publish(event_of(payload), 0s).ok());
  std::vector<Batch> batches;
  staging.take(batches, 1u << 20);
  BOOST_TEST(body_bytes(batches) >= 1u << 20);
  BOOST_TEST(body_bytes(batches) < 2u << 20);
  BOOST_TEST(staging.waiting());
}

BOOST_AUTO_TEST_CASE(beyond_the_pace_a_publish_waits_for_a_commit_but_what_has_room_is_not_refused) {
  Waker waker;
  StagingSettings settings;
  settings.event_size_max = 1000;
  settings.pace = 2000;
  Staging staging(settings, waker);
  const std::string payload(800, 'x');
  // Nothing is committed, which is no reason to fail, nor to wait each time.
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(staging.publish(event_of(payload), 10s).ok());
  BOOST_TEST((std::chrono::steady_clock::now() - begun < 5s));
  BOOST_TEST(staging.publish(event_of(payload), std::nullopt).ok());
  // While commits go on it stays near the pace.
  std::vector<Batch> batches;
  staging.take(batches, ~std::size_t{0});
  staging.release(staging.bytes());
  std::atomic<bool> done{false};
  std::thread engine([&] {
    while (!done || staging.waiting()) {
      batches.clear();
      staging.take(batches, 1000);
      std::size_t taken = 0;
      for (const auto& batch : batches) taken += batch.size() - batch_header_size;
      staging.release(taken);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(staging.publish(event_of(payload), 10s).ok());
  done = true;
  engine.join();
  BOOST_TEST(staging.bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(without_room_try_fails_at_once_and_publish_waits) {
  Waker waker;
  Staging staging({Origin{}, 1, 1000, 1000}, waker);
  const std::string payload(800, 'x');
  BOOST_REQUIRE(staging.publish(event_of(payload), std::nullopt).ok());
  BOOST_TEST((staging.publish(event_of(payload), std::nullopt).error().code == Errc::staging_full));
  BOOST_TEST((staging.publish(event_of(payload), 1ms).error().code == Errc::timeout));
  BOOST_TEST(staging.last() == 1u);
  std::thread engine([&] {
    std::vector<Batch> batches;
    staging.take(batches, 1000);
    staging.release(body_bytes(batches));
  });
  BOOST_TEST(staging.publish(event_of(payload), 20s).value() == 2u);
  engine.join();
}

BOOST_AUTO_TEST_CASE(full_and_closed_are_told_also_to_those_who_wait) {
  Waker waker;
  Staging staging({Origin{}, 1, 1000, 1000}, waker);
  const std::string payload(800, 'x');
  staging.set_full(true);
  BOOST_TEST((staging.publish(event_of(payload), 0s).error().code == Errc::journal_full));
  staging.set_full(false);
  BOOST_REQUIRE(staging.publish(event_of(payload), 0s).ok());
  std::thread closing([&] { staging.close(); });
  BOOST_TEST((staging.publish(event_of(payload), 20s).error().code == Errc::closed));
  closing.join();
}

BOOST_AUTO_TEST_CASE(what_is_published_alone_has_its_own_time_and_what_comes_in_a_stream_nearly_so) {
  Waker waker;
  Staging staging({Origin{}, 1, 1u << 20, 16u << 20}, waker);
  std::vector<Batch> batches;
  std::vector<EventView> events;
  for (unsigned i = 0; i < 20; ++i) {
    const WallTime before = wall_now();
    BOOST_REQUIRE(staging.publish(event_of("x"), std::nullopt).ok());
    batches.clear();
    staging.take(batches, 1u << 20);
    BOOST_REQUIRE(decode_events(batches.front().view(), events).ok());
    BOOST_TEST(events.front().time >= before);
    BOOST_TEST(events.front().time <= wall_now());
  }
  // Of eight that follow each other one at least is new: none is older than when the eighth before it came.
  std::vector<WallTime> published;
  for (unsigned i = 0; i < 1000; ++i) {
    published.push_back(wall_now());
    BOOST_REQUIRE(staging.publish(event_of("x"), std::nullopt).ok());
  }
  batches.clear();
  staging.take(batches, 1u << 20);
  BOOST_REQUIRE(decode_events(batches.front().view(), events).ok());
  BOOST_REQUIRE(events.size() == published.size());
  for (std::size_t i = 7; i < events.size(); ++i) BOOST_TEST(events[i].time >= published[i - 7]);
}

BOOST_AUTO_TEST_CASE(times_do_not_go_back_before_what_the_journal_has) {
  Waker waker;
  const WallTime ahead = 9'000'000'000'000'000'000;
  StagingSettings settings;
  settings.newest = ahead;
  Staging staging(settings, waker);
  BOOST_REQUIRE(staging.publish(event_of("x"), std::nullopt).ok());
  std::vector<Batch> batches;
  staging.take(batches, 1u << 20);
  BOOST_REQUIRE(batches.size() == 1u);
  std::vector<EventView> events;
  BOOST_REQUIRE(decode_events(batches.front().view(), events).ok());
  BOOST_TEST(events.front().time == ahead);
}

BOOST_AUTO_TEST_CASE(the_first_that_may_wait_is_asked_to_commit_and_the_engine_woken_only_if_it_does_not) {
  Waker waker;
  unsigned asked = 0;
  bool does = true;
  StagingSettings settings{Origin{}, 1, 1000, 1000};
  settings.commit_here = [&] {
    ++asked;
    return does;
  };
  Staging staging(settings, waker);
  std::vector<Batch> batches;
  const auto woken = [&] {
    pollfd item{waker.fd(), POLLIN, 0};
    const bool is = ::poll(&item, 1, 0) == 1;
    waker.disarm();
    waker.arm();
    return is;
  };
  waker.arm();
  BOOST_REQUIRE(staging.publish(event_of("first"), 1s).ok());
  BOOST_TEST(asked == 1u);
  BOOST_TEST(!woken());
  BOOST_REQUIRE(staging.publish(event_of("not the first"), 1s).ok());
  BOOST_TEST(asked == 1u);
  staging.take(batches, 1u << 20);
  staging.release(body_bytes(batches));
  BOOST_REQUIRE(staging.publish(event_of("of one that never waits"), std::nullopt).ok());
  BOOST_TEST(asked == 1u);
  BOOST_TEST(woken());
  batches.clear();
  staging.take(batches, 1u << 20);
  staging.release(body_bytes(batches));
  does = false;
  BOOST_REQUIRE(staging.publish(event_of("left to the engine"), 1s).ok());
  BOOST_TEST(asked == 2u);
  BOOST_TEST(woken());
}
