// State, on every Journal.
#include "contract.hpp"

using namespace mesh;
using namespace contract;

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
