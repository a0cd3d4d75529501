#include <boost/test/unit_test.hpp>
#include <string>

#include <journal/topic.hpp>

using namespace mesh;

namespace {

bool topic_ok(std::string_view topic) {
  return check_topic(topic).ok();
}

bool prefix_ok(std::string_view prefix) {
  return check_prefix(prefix).ok();
}

/// The rules of topic.hpp once more, one byte after the other, for text that is ASCII.
bool plain_rules(std::string_view topic) {
  if (topic.empty() || topic.size() > 200) return false;
  char before = '.';
  for (const char letter : topic) {
    if (letter <= ' ' || letter == 0x7f) return false;
    if (letter == '.' && before == '.') return false;
    before = letter;
  }
  return before != '.';
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_topic_is_1_to_200_bytes) {
  BOOST_TEST(!topic_ok(""));
  BOOST_TEST(topic_ok("a"));
  BOOST_TEST(topic_ok(std::string(200, 'a')));
  BOOST_TEST(!topic_ok(std::string(201, 'a')));
}

BOOST_AUTO_TEST_CASE(a_prefix_may_be_empty_and_end_anywhere) {
  BOOST_TEST(prefix_ok(""));
  BOOST_TEST(prefix_ok("booking."));
  BOOST_TEST(prefix_ok("book"));
  BOOST_TEST(prefix_ok("."));
  BOOST_TEST(prefix_ok("a..b"));
  BOOST_TEST(prefix_ok(std::string(200, 'a')));
  BOOST_TEST(!prefix_ok(std::string(201, 'a')));
  BOOST_TEST(!prefix_ok(std::string_view("a\0b", 3)));
  BOOST_TEST(!prefix_ok("a b"));
}

BOOST_AUTO_TEST_CASE(a_topic_has_no_empty_word) {
  BOOST_TEST(topic_ok("a.b.c"));
  for (const char* topic :
       {".", ".a", "a.", "a..b", "..", "booking..created", "booking.created.", ".booking.created",
        "abcdefg..hijklmnop", "abcdefgh..ijklmnop", "abcdefghi..jklmnop", "abcdefghijklmno.."}) {
    BOOST_TEST(!topic_ok(topic), topic);
  }
}

BOOST_AUTO_TEST_CASE(a_topic_has_no_control_character_or_space_at_any_place) {
  for (const std::size_t size : {1, 7, 8, 9, 15, 16, 17, 24, 200}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned byte = 0; byte < 128; ++byte) {
        std::string topic(size, 'x');
        topic[at] = static_cast<char>(byte);
        if (topic_ok(topic) != plain_rules(topic))
          BOOST_ERROR("byte " << byte << " at " << at << " of " << size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(two_dots_are_found_wherever_they_meet) {
  for (std::size_t size = 2; size <= 40; ++size) {
    for (std::size_t first = 0; first < size; ++first) {
      for (std::size_t second = 0; second < size; ++second) {
        std::string topic(size, 'x');
        topic[first] = topic[second] = '.';
        if (topic_ok(topic) != plain_rules(topic))
          BOOST_ERROR("dots at " << first << ", " << second << " of " << size);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(topics_keys_and_prefixes_are_utf8) {
  for (const char* text :
       {"Buchung.geändert", "予約.作成", "🚲.bestellt", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    BOOST_TEST(topic_ok(text), text);
    BOOST_TEST(prefix_ok(text), text);
    BOOST_TEST(check_key(text).ok(), text);
  }
  for (const char* text :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "abc\xe4\xb8",
        "\xe4\xb8xyz", "longer than a word \xc3("}) {
    BOOST_TEST(!is_utf8(text));
    BOOST_TEST(!topic_ok(text));
    BOOST_TEST(!check_key(text).ok());
  }
  BOOST_TEST(!topic_ok("a\xc2\x85z"));  // a C1 control character
  BOOST_TEST(topic_ok("a\xc2\xa1z"));
}

BOOST_AUTO_TEST_CASE(a_key_is_1_to_255_bytes_and_may_hold_anything_that_is_utf8) {
  BOOST_TEST(!check_key("").ok());
  BOOST_TEST(check_key(std::string(255, 'k')).ok());
  BOOST_TEST(!check_key(std::string(256, 'k')).ok());
  BOOST_TEST(check_key(std::string_view("a\0 \n", 4)).ok());
}

BOOST_AUTO_TEST_CASE(five_thousand_prefixes_are_checked_alike) {
  std::size_t good = 0;
  for (int i = 0; i < 5000; ++i) good += prefix_ok("tenant-" + std::to_string(i) + ".orders.") ? 1 : 0;
  BOOST_TEST(good == 5000u);
}
