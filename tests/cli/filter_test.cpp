#include <boost/test/unit_test.hpp>
#include <vector>

#include <tools/zmesh/record/pace.hpp>
#include <tools/zmesh/sniff/filter.hpp>

using zmesh::Filter;
using zmesh::FilterOptions;
using zmesh::Pace;
using zmesh::TopicPattern;

namespace {

using namespace std::chrono_literals;

bool matches(std::string_view pattern, std::string_view topic) {
  return TopicPattern::parse(pattern).value().matches(topic);
}

std::string prefix_of(std::string_view pattern) {
  return TopicPattern::parse(pattern).value().prefix();
}

/// Whether an event with this text as its payload passes.
bool passes(const FilterOptions& options, std::string_view payload, std::string_view topic = "a.b",
            std::optional<std::string_view> key = "k") {
  const std::vector<mesh::Header> headers = {{"tenant", "acme"}};
  mesh::BatchBuilder builder{mesh::Origin{}};
  builder.append(7, 1, {topic, key, headers, mesh::as_bytes(payload)});
  const auto batch = builder.seal();
  std::vector<mesh::EventView> events;
  mesh::decode_events(batch.view(), events).value();
  return Filter::make(options).value().passes(events.front());
}

bool holds(const std::string& condition, std::string_view payload) {
  FilterOptions options;
  options.where = {condition};
  return passes(options, payload);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter)

BOOST_AUTO_TEST_CASE(a_pattern_without_wildcards_is_a_prefix) {
  BOOST_TEST(matches("booking", "booking.created"));
  BOOST_TEST(matches("booking", "bookings"));
  BOOST_TEST(matches("", "anything"));
  BOOST_TEST(!matches("booking.", "booking"));
}

BOOST_AUTO_TEST_CASE(a_star_is_any_part_of_one_word) {
  BOOST_TEST(matches("*.created", "booking.created"));
  BOOST_TEST(!matches("*.created", "booking.eu.created"));
  BOOST_TEST(!matches("*.created", "booking.created.eu"));
  BOOST_TEST(matches("booking.*.eu", "booking.created.eu"));
  BOOST_TEST(matches("book*.c*d", "booking.created"));
  BOOST_TEST(matches("a*b*c.x", "aXbXbXc.x"));
  BOOST_TEST(!matches("a*b*c.x", "aXbXbX.x"));
  BOOST_TEST(matches("*", "one"));
  BOOST_TEST(!matches("*", "one.two"));
}

BOOST_AUTO_TEST_CASE(a_last_word_may_be_the_rest) {
  BOOST_TEST(matches("booking.#", "booking"));
  BOOST_TEST(matches("booking.#", "booking.a.b"));
  BOOST_TEST(!matches("booking.#", "bookings"));
  BOOST_TEST(!matches("booking.>", "booking"));
  BOOST_TEST(matches("booking.>", "booking.a.b"));
  BOOST_TEST(matches("*.eu.#", "booking.eu.created"));
  BOOST_TEST(!matches("*.eu.#", "booking.us.created"));
  BOOST_TEST(matches("#", "a.b"));
  BOOST_TEST(matches(">", "a"));
}

BOOST_AUTO_TEST_CASE(what_is_subscribed_is_what_all_matches_begin_with) {
  BOOST_TEST(prefix_of("booking.") == "booking.");
  BOOST_TEST(prefix_of("booking.*.eu") == "booking.");
  BOOST_TEST(prefix_of("*.created").empty());
  BOOST_TEST(prefix_of("booking.#") == "booking");
  BOOST_TEST(prefix_of("booking.>") == "booking.");
  FilterOptions options;
  options.topics = {"b.", "a.x", "a.", "b.c.*"};
  BOOST_TEST(Filter::make(options).value().prefixes() == (std::vector<std::string>{"a.", "b."}),
             boost::test_tools::per_element());
  options.topics = {"a.", "*.b"};
  BOOST_TEST(Filter::make(options).value().prefixes().empty());
}

BOOST_AUTO_TEST_CASE(conditions_compare_what_is_of_one_kind) {
  const std::string data =
      R"({"amount":100.5,"count":3,"name":"Ada","list":[{"x":1},{"x":2}],"on":true,"none":null})";
  BOOST_TEST(holds("data.amount>100", data));
  BOOST_TEST(!holds("data.amount>100.5", data));
  BOOST_TEST(holds("data.amount>=100.5", data));
  BOOST_TEST(holds("data.count = 3", data));
  BOOST_TEST(holds("payload.count<=3", data));
  BOOST_TEST(holds("data.name=Ada", data));
  BOOST_TEST(holds("data.name=\"Ada\"", data));
  BOOST_TEST(holds("data.name>Abel", data));
  BOOST_TEST(holds("data.name~^A.a$", data));
  BOOST_TEST(holds("data.list[1].x=2", data));
  BOOST_TEST(!holds("data.list[2].x=2", data));
  BOOST_TEST(holds("data.on", data));
  BOOST_TEST(holds("data.on=true", data));
  BOOST_TEST(!holds("data.none", data));
  BOOST_TEST(holds("data.none=null", data));
  BOOST_TEST(!holds("data.amount=Ada", data), "of two kinds, they are not equal");
  BOOST_TEST(holds("data.amount!=Ada", data));
  BOOST_TEST(!holds("data.missing<1", data));
  BOOST_TEST(holds("headers.tenant=acme", data));
  BOOST_TEST(holds("seq=7", data));
  BOOST_TEST(holds("size>10", data));
  BOOST_TEST(!holds("data.amount>1", "no JSON at all"));
  BOOST_TEST(!holds("data.x", std::string(100'000, '[')), "nesting is bounded");
}

BOOST_AUTO_TEST_CASE(what_is_no_condition_is_refused) {
  for (const auto* text : {"amount>1", "data.a!1", "headers=1", "key.x=1", "data.x~(", "", "topics=1"}) {
    FilterOptions options;
    options.where = {text};
    BOOST_TEST(!Filter::make(options).ok(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_share_and_a_rate_are_as_people_write_them) {
  BOOST_TEST(zmesh::parse_share("1/100").value() == 0.01);
  BOOST_TEST(zmesh::parse_share("5%").value() == 0.05);
  BOOST_TEST(zmesh::parse_share("1").value() == 1.0);
  for (const auto* bad : {"", "0", "2", "-1", "1/0", "5%%", "x"})
    BOOST_TEST(!zmesh::parse_share(bad).ok(), bad);
  for (const auto* bad : {"", "2", "x", "0x", "-1/s", "1/m"}) BOOST_TEST(!Pace::parse(bad).ok(), bad);
}

BOOST_AUTO_TEST_CASE(a_pace_says_when_events_are_due) {
  auto twice = Pace::parse("2x").value();
  BOOST_TEST((twice.due(1'000'000'000) == 0s));
  BOOST_TEST((twice.due(3'000'000'000) == 1s));
  BOOST_TEST((twice.due(2'000'000'000) == 1s), "it never goes back");
  auto steady = Pace::parse("10/s").value();
  BOOST_TEST((steady.due(0) == 0s));
  BOOST_TEST((steady.due(0) == 100ms));
  auto fast = Pace::parse("max").value();
  BOOST_TEST((fast.due(0) == 0s));
  BOOST_TEST((fast.due(9'000'000'000) == 0s));
}

BOOST_AUTO_TEST_SUITE_END()
