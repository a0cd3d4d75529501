// One suite for every Journal: each test runs on the journal in memory and on the one on disk.
#include <atomic>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>
#include <map>
#include <thread>

#include "fixtures.hpp"

using namespace mesh;
using contract::small_options;

namespace {

using Both = boost::mpl::list<contract::MemoryFixture, contract::LmdbFixture>;

Batch make_batch(const Journal& journal, Seq first, std::uint32_t count, std::size_t payload_size = 100,
                 WallTime time = 1000) {
  BatchBuilder builder(journal.identity().origin);
  for (Seq seq = first; seq < first + count; ++seq) {
    const std::string payload(payload_size, static_cast<char>('a' + seq % 26));
    EventInput event;
    event.topic = "orders.placed";
    event.payload = as_bytes(payload);
    builder.append(seq, time + static_cast<WallTime>(seq - first), event);
  }
  return builder.seal();
}

Result<void> append_one(Journal& journal, Seq first, std::uint32_t count, std::size_t payload_size = 100,
                        WallTime time = 1000) {
  const Batch batch = make_batch(journal, first, count, payload_size, time);
  return journal.append({&batch, 1});
}

std::vector<Seq> seqs_after(const Journal& journal, Seq after) {
  std::vector<Seq> seqs;
  std::vector<EventView> events;
  journal
      .read(after,
            [&](const BatchView& batch) {
              decode_events(batch, events).value();
              for (const auto& event : events) seqs.push_back(event.seq);
              return true;
            })
      .value();
  return seqs;
}

std::vector<Seq> range(Seq first, Seq last) {
  std::vector<Seq> seqs;
  for (Seq seq = first; seq <= last; ++seq) seqs.push_back(seq);
  return seqs;
}

/// Fills segments of 64 KiB with batches of 10 events of 1 KiB each.
void append_many(Journal& journal, std::size_t batches) {
  for (std::size_t i = 0; i < batches; ++i) {
    append_one(journal, journal.next_seq(), 10, 1024, static_cast<WallTime>(journal.next_seq() * 100))
        .value();
  }
}

}  // namespace

#define CHECK_SAME(left, right)                                                              \
  do {                                                                                       \
    const auto left_value = (left);                                                          \
    const auto right_value = (right);                                                        \
    BOOST_CHECK_EQUAL_COLLECTIONS(left_value.begin(), left_value.end(), right_value.begin(), \
                                  right_value.end());                                        \
  } while (false)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_journal_is_empty_and_named, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  BOOST_TEST(journal->identity().name == "orders");
  BOOST_TEST(journal->identity().incarnation == 1u);
  BOOST_TEST(journal->identity().run == 1u);
  BOOST_TEST((journal->identity().opened == Opened::created));
  BOOST_TEST(journal->head() == 0u);
  BOOST_TEST(journal->next_seq() == 1u);
  BOOST_TEST(journal->dropped_through() == 0u);
  BOOST_TEST(seqs_after(*journal, 0).empty());
  BOOST_TEST(journal->find_time(0).value() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_journal_needs_a_name, Fixture, Both) {
  Fixture fixture;
  auto options = small_options();
  for (const auto& name :
       {std::string(), std::string(201, 'n'), std::string("a b"), std::string("\xff")}) {
    options.name = name;
    const auto opened = fixture.open(options);
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == Errc::invalid_argument));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_appended_is_read_in_order, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 3).value();
  const std::vector<Batch> two{make_batch(*journal, 4, 2), make_batch(*journal, 6, 1)};
  journal->append(two).value();
  BOOST_TEST(journal->head() == 6u);
  BOOST_TEST(journal->next_seq() == 7u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 6));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_read_shows_every_batch_that_holds_a_later_seq, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 3).value();
  append_one(*journal, 4, 3).value();
  append_one(*journal, 20, 3).value();
  CHECK_SAME(seqs_after(*journal, 2), (std::vector<Seq>{1, 2, 3, 4, 5, 6, 20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 3), (std::vector<Seq>{4, 5, 6, 20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 6), (std::vector<Seq>{20, 21, 22}));
  CHECK_SAME(seqs_after(*journal, 19), (std::vector<Seq>{20, 21, 22}));
  BOOST_TEST(seqs_after(*journal, 22).empty());
  BOOST_TEST(seqs_after(*journal, ~Seq{0}).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_visit_that_says_no_ends_the_read, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 50);
  unsigned visits = 0;
  journal->read(0, [&](const BatchView&) { return ++visits < 20; }).value();
  BOOST_TEST(visits == 20u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(seqs_ascend_and_never_come_twice, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 5, 5).value();
  for (const Seq first : {1, 5, 9}) {
    const auto refused = append_one(*journal, first, 1);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Errc::invalid_argument));
  }
  const std::vector<Batch> backwards{make_batch(*journal, 20, 2), make_batch(*journal, 21, 2)};
  BOOST_TEST(!journal->append(backwards));
  BOOST_TEST(journal->head() == 9u);
  append_one(*journal, 10, 1).value();
  CHECK_SAME(seqs_after(*journal, 0), range(5, 10));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_batch_of_another_origin_is_refused, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  Origin other = journal->identity().origin;
  other.bytes[3] ^= 1;
  BatchBuilder builder(other);
  builder.append(1, 1, EventInput{"a.b", {}, {}, {}});
  const Batch batch = builder.seal();
  BOOST_TEST(!journal->append({&batch, 1}));
  BOOST_TEST(journal->head() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_empty_append_changes_nothing, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  journal->append({}).value();
  BOOST_TEST(journal->head() == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(events_and_state_survive_a_clean_close, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const Origin origin = journal->identity().origin;
  append_many(*journal, 30);
  const StateWrite write{Table::groups, "billing", "definition"};
  journal->write_state({&write, 1}).value();
  journal->close().value();
  journal.reset();

  auto options = small_options();
  options.name.clear();
  journal = fixture.open(options).value();
  BOOST_TEST((journal->identity().opened == Opened::clean));
  BOOST_TEST((journal->identity().origin == origin));
  BOOST_TEST(journal->identity().name == "orders");
  BOOST_TEST(journal->identity().run == 2u);
  BOOST_TEST(journal->identity().incarnation == 1u);
  BOOST_TEST(journal->head() == 300u);
  BOOST_TEST(journal->next_seq() == 301u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 300));
  BOOST_TEST(journal->read_state(Table::groups, "billing").value().value() == "definition");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(events_and_state_survive_a_crash, Fixture, Both) {
  for (const auto durability : {Durability::disk, Durability::os}) {
    Fixture fixture;
    auto journal = fixture.open(small_options(durability)).value();
    append_many(*journal, 30);
    const StateWrite write{Table::ledgers, "billing", "floor"};
    journal->write_state({&write, 1}).value();
    fixture.crash(std::move(journal));

    journal = fixture.open(small_options(durability)).value();
    BOOST_TEST((journal->identity().opened == Opened::crashed));
    BOOST_TEST(journal->identity().run == 2u);
    BOOST_TEST(journal->identity().incarnation == 1u);
    BOOST_TEST(journal->next_seq() == 301u);
    CHECK_SAME(seqs_after(*journal, 0), range(1, 300));
    BOOST_TEST(journal->read_state(Table::ledgers, "billing").value().value() == "floor");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_restart_of_the_machine_takes_nothing_from_disk_durability, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_many(*journal, 5);
  fixture.crash(std::move(journal));
  fixture.lose_power(100);
  journal = fixture.open().value();
  BOOST_TEST((journal->identity().opened == Opened::crashed));
  BOOST_TEST(journal->identity().incarnation == 1u);
  CHECK_SAME(seqs_after(*journal, 0), range(1, 50));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_restart_under_os_durability_begins_a_new_incarnation_far_above, Fixture,
                              Both) {
  Fixture fixture;
  auto journal = fixture.open(small_options(Durability::os)).value();
  append_many(*journal, 15);
  fixture.crash(std::move(journal));
  fixture.lose_power(0);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST((journal->identity().opened == Opened::suspect));
  BOOST_TEST(journal->identity().incarnation == 2u);
  BOOST_TEST(journal->head() == 150u);
  const Seq jumped = 150 + (Seq{1} << 32);
  BOOST_TEST(journal->next_seq() == jumped);
  BOOST_TEST(!append_one(*journal, 151, 1));
  append_one(*journal, jumped, 2).value();
  auto expected = range(1, 150);
  expected.push_back(jumped);
  expected.push_back(jumped + 1);
  CHECK_SAME(seqs_after(*journal, 0), expected);

  // Again, and nothing of the second incarnation is left to tell how far it went.
  fixture.crash(std::move(journal));
  fixture.lose_power(0);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST(journal->identity().incarnation == 3u);
  BOOST_TEST(journal->next_seq() == jumped + 1 + (Seq{1} << 32));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cleanly_closed_os_journal_is_not_suspect_after_a_restart, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open(small_options(Durability::os)).value();
  append_many(*journal, 15);
  journal.reset();
  fixture.lose_power(100);
  journal = fixture.open(small_options(Durability::os)).value();
  BOOST_TEST((journal->identity().opened == Opened::clean));
  CHECK_SAME(seqs_after(*journal, 0), range(1, 150));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_second_writer_is_refused_until_the_first_has_closed, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const auto second = fixture.open();
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Errc::journal_locked));
  journal->close().value();
  BOOST_TEST(fixture.open().ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(opening_with_another_name_renames, Fixture, Both) {
  Fixture fixture;
  fixture.open().value();
  auto options = small_options();
  options.name = "invoices";
  fixture.open(options).value();
  options.name.clear();
  BOOST_TEST(fixture.open(options).value()->identity().name == "invoices");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_close_every_call_says_closed, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  append_one(*journal, 1, 1).value();
  journal->close().value();
  journal->close().value();
  const auto is_closed = [](const auto& result) { return !result && result.error().code == Errc::closed; };
  BOOST_TEST(is_closed(append_one(*journal, 2, 1)));
  BOOST_TEST(is_closed(journal->write_state({})));
  BOOST_TEST(is_closed(journal->read_state(Table::groups, "g")));
  BOOST_TEST(is_closed(journal->read(0, [](const BatchView&) { return true; })));
  BOOST_TEST(is_closed(journal->drop_through(1)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(state_is_written_all_at_once_and_the_last_write_of_a_key_wins, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const std::vector<StateWrite> writes{{Table::groups, "a", "1"},
                                       {Table::groups, "a", "2"},
                                       {Table::ledgers, "a", "other table"},
                                       {Table::groups, "b", "gone"},
                                       {Table::groups, "b", std::nullopt},
                                       {Table::groups, "never", std::nullopt},
                                       {Table::parked, std::string("k\0\x01", 3), std::string(100000, 'p')},
                                       {Table::audit, "empty", ""}};
  journal->write_state(writes).value();
  BOOST_TEST(journal->read_state(Table::groups, "a").value().value() == "2");
  BOOST_TEST(journal->read_state(Table::ledgers, "a").value().value() == "other table");
  BOOST_TEST(!journal->read_state(Table::groups, "b").value().has_value());
  BOOST_TEST(journal->read_state(Table::parked, std::string_view("k\0\x01", 3)).value().value().size() ==
             100000u);
  BOOST_TEST(journal->read_state(Table::audit, "empty").value().value() == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(state_refuses_the_meta_table_and_impossible_keys, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  const auto refused = [&](Table table, const std::string& key) {
    const std::vector<StateWrite> writes{{Table::groups, "fine", "x"}, {table, key, "x"}};
    const auto done = journal->write_state(writes);
    return !done && done.error().code == Errc::invalid_argument;
  };
  BOOST_TEST(refused(Table::meta, "origin"));
  BOOST_TEST(refused(static_cast<Table>(0), "k"));
  BOOST_TEST(refused(static_cast<Table>(7), "k"));
  BOOST_TEST(refused(Table::groups, ""));
  BOOST_TEST(refused(Table::groups, std::string(512, 'k')));
  BOOST_TEST(!refused(Table::groups, std::string(511, 'k')));
  BOOST_TEST(journal->read_state(Table::groups, "fine").value().has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_scan_shows_the_prefix_in_key_order, Fixture, Both) {
  Fixture fixture;
  auto journal = fixture.open().value();
  std::vector<StateWrite> writes;
  for (const char* key : {"b", "a\xff", "a", "ab", "aa", "c"}) writes.push_back({Table::retries, key, key});
  journal->write_state(writes).value();
  const auto scan = [&](std::string_view prefix, std::size_t limit) {
    std::vector<std::string> keys;
    journal
        ->scan_state(Table::retries, prefix,
                     [&](std::string_view key, std::string_view value) {
                       BOOST_TEST(key == value);
                       keys.emplace_back(key);
                       return keys.size() < limit;
                     })
        .value();
    return keys;
  };
  CHECK_SAME(scan("", 100), (std::vector<std::string>{"a", "aa", "ab", "a\xff", "b", "c"}));
  CHECK_SAME(scan("a", 100), (std::vector<std::string>{"a", "aa", "ab", "a\xff"}));
  CHECK_SAME(scan("a", 2), (std::vector<std::string>{"a", "aa"}));
  BOOST_TEST(scan("d", 100).empty());
}

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
