// Segments, time, sizes and threads, on every Journal.
#include <atomic>
#include <map>
#include <thread>

#include "contract.hpp"

using namespace mesh;
using namespace contract;

BOOST_AUTO_TEST_CASE_TEMPLATE(segments_roll_and_are_dropped_whole, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 50);
  auto usage = journal->usage();
  BOOST_REQUIRE(usage.segments.size() > 4u);
  for (std::size_t i = 0; i < usage.segments.size(); ++i) {
    const auto& segment = usage.segments[i];
    BOOST_TEST(segment.active == (i + 1 == usage.segments.size()));
    BOOST_TEST(segment.first == (i == 0 ? 1 : usage.segments[i - 1].last + 1));
    BOOST_TEST(segment.last >= segment.first);
    BOOST_TEST(segment.bytes > 0u);
    // Batches of 10 begin at seq * 100.
    BOOST_TEST(segment.oldest == static_cast<WallTime>(segment.first * 100));
    BOOST_TEST(segment.newest == static_cast<WallTime>((segment.last - 9) * 100 + 9));
  }
  const Seq second_last = usage.segments[1].last;
  BOOST_TEST(journal->drop_through(usage.segments[0].last - 1).value() == 0u);
  BOOST_TEST(journal->drop_through(second_last).value() == 2u);
  BOOST_TEST(journal->dropped_through() == second_last);
  CHECK_SAME(seqs_after(*journal, 0), range(second_last + 1, 500));
  BOOST_TEST(journal->drop_through(second_last).value() == 0u);

  // The active one stays, whatever is asked.
  journal->drop_through(~Seq{0}).value();
  usage = journal->usage();
  BOOST_REQUIRE(usage.segments.size() == 1u);
  CHECK_SAME(seqs_after(*journal, 0), range(usage.segments[0].first, 500));
  const Seq dropped = journal->dropped_through();
  fixture.crash(std::move(journal));
  journal = fixture.open().value();
  BOOST_TEST(journal->dropped_through() == dropped);
  BOOST_TEST(journal->next_seq() == 501u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_read_inside_a_segment_that_is_dropped_finishes, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 50);
  const Seq first_segment_last = journal->usage().segments[0].last;
  Seq reached = 0;
  bool dropped = false;
  journal
      ->read(0,
             [&](const BatchView& batch) {
               BOOST_TEST(batch.header.first > reached);
               reached = batch.header.last;
               if (!dropped) journal->drop_through(first_segment_last).value();
               dropped = true;
               return true;
             })
      .value();
  BOOST_TEST(reached == 500u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(find_time_gives_the_seq_before_the_first_event_that_late, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  std::map<WallTime, Seq> seq_by_time;
  std::vector<Seq> gaps{1, 4, 1, 9, 1, 1, 30};
  for (std::size_t i = 0; i < 120; ++i) {
    const Seq first = journal->next_seq() + gaps[i % gaps.size()] - 1;
    const auto time = static_cast<WallTime>(1000 + i * 50);
    append_one(*journal, first, 10, 512, time).value();
    for (Seq seq = first; seq < first + 10; ++seq) {
      seq_by_time.emplace(time + static_cast<WallTime>(seq - first), seq);
    }
  }
  BOOST_REQUIRE(journal->usage().segments.size() > 3u);
  for (WallTime when = 990; when < 7200; when += 1) {
    const auto event = seq_by_time.lower_bound(when);
    const Seq expected = event == seq_by_time.end() ? journal->head() : event->second - 1;
    if (journal->find_time(when).value() != expected) {
      BOOST_ERROR("find_time(" << when << ") is " << journal->find_time(when).value() << ", not "
                               << expected);
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(large_and_tiny_batches_come_back_as_they_were, Fixture, Both) {
  Fixture fixture;
  auto options = small_options();
  options.segment_size = 8 << 20;
  auto journal = fixture.open(options).value();
  std::vector<Batch> batches;
  Seq next = 1;
  for (const std::size_t size :
       {0, 1, 1900, 1950, 1951, 2000, 2037, 4000, 4081, 70000, 1 << 20, 5 << 20, 10}) {
    batches.push_back(make_batch(*journal, next, 1, size));
    ++next;
  }
  journal->append(batches).value();
  std::size_t index = 0;
  journal
      ->read(0,
             [&](const BatchView& batch) {
               BOOST_TEST((as_text(batch.bytes) == as_text(batches[index].bytes.view())));
               ++index;
               return true;
             })
      .value();
  BOOST_TEST(index == batches.size());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_kept_of_a_read_outlives_it_and_the_segment, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 50);
  std::vector<Batch> kept;
  std::vector<std::string> copies;
  const auto all = [&](const BatchView& batch) {
    kept.push_back(keep(batch));
    copies.emplace_back(as_text(batch.bytes));
    return true;
  };
  journal->read(0, all).value();
  journal->drop_through(journal->usage().segments[0].last).value();
  const std::size_t before = kept.size();
  journal->read(0, all).value();
  BOOST_TEST(kept.size() > before);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    BOOST_TEST(as_text(kept[i].bytes.view()) == copies[i]);
    BOOST_TEST(parse_batch(kept[i].bytes).ok());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(readers_on_other_threads_see_whole_commits_while_the_engine_appends, Fixture,
                              Both) {
  Fixture fixture;
  auto journal = fixture.open(small_options(Durability::os)).value();
  std::atomic<bool> done = false;
  std::atomic<unsigned> wrong = 0;
  std::atomic<std::uint64_t> seen = 0;
  const auto reader = [&] {
    Seq after = 0;
    while (!done || after < journal->head()) {
      const Seq head = journal->head();
      const auto read = journal->read(after, [&](const BatchView& batch) {
        if (batch.header.first != after + 1) ++wrong;
        after = batch.header.last;
        seen += batch.header.count;
        return true;
      });
      if (!read || after < head) ++wrong;
      journal->usage();
    }
  };
  std::thread one(reader);
  std::thread two(reader);
  append_many(*journal, 400);
  done = true;
  one.join();
  two.join();
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(seen == 8000u);
}
