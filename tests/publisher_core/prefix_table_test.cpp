#include <boost/test/unit_test.hpp>

#include <mesh/core/publisher/prefix_table.hpp>

namespace mesh::core {
namespace {

std::string longest(PrefixTable& table, std::string_view topic) {
  const ActivePrefix* match = table.longest(topic);
  return match == nullptr ? "-" : match->prefix;
}

std::vector<std::string> chain(PrefixTable& table, std::string_view topic) {
  std::vector<std::string> out;
  if (const ActivePrefix* match = table.longest(topic)) {
    for (const ActivePrefix* active : match->chain) out.push_back(active->prefix);
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prefix_table)

BOOST_AUTO_TEST_CASE(the_longest_active_prefix_wins) {
  PrefixTable table;
  for (const char* prefix : {"a", "a.b.", "a.b.c", "b."}) table.add(prefix, 0);
  BOOST_TEST(longest(table, "a.b.c.d") == "a.b.c");
  BOOST_TEST(longest(table, "a.b.b") == "a.b.");
  BOOST_TEST(longest(table, "a.b.d") == "a.b.");
  BOOST_TEST(longest(table, "a.z") == "a");
  BOOST_TEST(longest(table, "b") == "-");
  BOOST_TEST(longest(table, "b.x") == "b.");
  BOOST_TEST(longest(table, "c") == "-");
}

BOOST_AUTO_TEST_CASE(a_remembered_topic_is_forgotten_when_the_prefixes_change) {
  PrefixTable table;
  table.add("a", 0);
  BOOST_TEST(longest(table, "a.b") == "a");
  table.add("a.", 0);
  BOOST_TEST(longest(table, "a.b") == "a.");
  table.remove("a.");
  BOOST_TEST(longest(table, "a.b") == "a");
  table.remove("a");
  BOOST_TEST(longest(table, "a.b") == "-");
}

BOOST_AUTO_TEST_CASE(a_chain_has_every_active_prefix_of_the_match_in_order) {
  PrefixTable table;
  for (const char* prefix : {"", "a", "a.b", "aa", "a.b.c", "b"}) table.add(prefix, 0);
  BOOST_TEST(chain(table, "a.b.c.x") == (std::vector<std::string>{"", "a", "a.b", "a.b.c"}),
             boost::test_tools::per_element());
  BOOST_TEST(chain(table, "z") == (std::vector<std::string>{""}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_prefix_is_covered_by_one_that_nothing_extends) {
  PrefixTable table;
  for (const char* prefix : {"a", "a.b", "a.c", "b"}) table.add(prefix, 0);
  std::map<std::string, std::string> covers;
  table.for_each([&](ActivePrefix& active) { covers[active.prefix] = active.cover->prefix; });
  BOOST_TEST(covers["a"] == "a.b");
  BOOST_TEST(covers["a.b"] == "a.b");
  BOOST_TEST(covers["a.c"] == "a.c");
  BOOST_TEST(covers["b"] == "b");
}

BOOST_AUTO_TEST_CASE(longest_agrees_with_a_plain_search_over_many_topics) {
  PrefixTable table;
  std::vector<std::string> prefixes;
  for (unsigned i = 0; i < 200; ++i) {
    std::string prefix;
    for (unsigned bits = i * 2654435761u, n = 0; n <= i % 6; ++n, bits >>= 2) prefix += "abc."[bits & 3];
    if (table.add(prefix, 0) == PrefixTable::Added::yes) prefixes.push_back(prefix);
  }
  for (unsigned i = 0; i < 5000; ++i) {
    std::string topic, expected = "-";
    for (unsigned bits = i * 40503u, n = 0; n < 8; ++n, bits >>= 2) topic += "abc."[bits & 3];
    for (const std::string& prefix : prefixes) {
      if (topic.starts_with(prefix) && (expected == "-" || prefix.size() > expected.size()))
        expected = prefix;
    }
    BOOST_REQUIRE_EQUAL(longest(table, topic), expected);
  }
}

BOOST_AUTO_TEST_CASE(prefixes_beyond_the_bound_are_not_taken) {
  PrefixTable table;
  for (std::size_t i = 0; i < PrefixTable::active_max; ++i) table.add(std::to_string(i), 0);
  BOOST_TEST((table.add("one.more", 0) == PrefixTable::Added::full));
  BOOST_TEST((table.add("17", 0) == PrefixTable::Added::already));
  table.remove("17");
  BOOST_TEST((table.add("one.more", 0) == PrefixTable::Added::yes));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mesh::core
