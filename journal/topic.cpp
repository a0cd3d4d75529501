#include <cstdint>
#include <cstring>

#include <journal/text.hpp>
#include <journal/topic.hpp>

namespace mesh {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101ull;
constexpr std::uint64_t highs = 0x8080808080808080ull;
constexpr std::size_t word_size = sizeof(std::uint64_t);

std::uint64_t load(const char* from) {
  std::uint64_t word;
  std::memcpy(&word, from, word_size);
  return word;
}

/// Nonzero when any byte is a control character, a space, DEL or not ASCII.
std::uint64_t outside_alphabet(std::uint64_t word) {
  const std::uint64_t not_ascii = word & highs;
  const std::uint64_t low = (word - 0x21 * ones) & ~word & highs;
  const std::uint64_t del = (word + ones) & ~word & highs;
  return not_ascii | low | del;
}

/// The high bit of each byte that is a dot. Only for words of ASCII.
std::uint64_t dots(std::uint64_t word) {
  return ~((word ^ 0x2e * ones) + 0x7f * ones) & highs;
}

/// The common case, eight bytes at a time. False sends the topic to the slow check.
bool is_plain_topic(std::string_view topic) {
  if (topic.size() < word_size || topic.front() == '.' || topic.back() == '.') return false;
  std::uint64_t dot_before = 0;
  const auto good = [&dot_before](const char* from, bool joined) {
    const std::uint64_t word = load(from);
    if (outside_alphabet(word) != 0) return false;
    const std::uint64_t found = dots(word);
    const std::uint64_t before = (found << 8) | (joined ? dot_before : 0);
    dot_before = found >> 56;
    return (found & before) == 0;
  };
  std::size_t at = 0;
  for (; at + word_size <= topic.size(); at += word_size) {
    if (!good(topic.data() + at, true)) return false;
  }
  // The rest again with some bytes before it: it overlaps the last word, so no dot pair is missed.
  return at == topic.size() || good(topic.data() + topic.size() - word_size, false);
}

/// UTF-8 without controls (C0, DEL, C1) or spaces.
bool in_alphabet(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte <= 0x20 || byte == 0x7f) return false;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return is_utf8(text);
}

bool has_empty_word(std::string_view topic) {
  return topic.empty() || topic.front() == '.' || topic.back() == '.' ||
         topic.find("..") != std::string_view::npos;
}

/// Length of the UTF-8 sequence at the start of text; 0 when there is no valid one.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second > 0x9f;
  const bool too_high = lead == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

}  // namespace

bool detail::is_ascii(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t seen = 0;
  for (; at + word_size <= text.size(); at += word_size) seen |= load(text.data() + at);
  for (; at < text.size(); ++at) seen |= static_cast<unsigned char>(text[at]);
  return (seen & highs) == 0;
}

bool is_utf8(std::string_view text) {
  if (detail::is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool detail::is_topic(std::string_view topic) {
  if (topic.size() > topic_size_max) return false;
  return is_plain_topic(topic) || (!has_empty_word(topic) && in_alphabet(topic));
}

Result<void> check_topic(std::string_view topic) {
  if (detail::is_topic(topic)) return {};
  if (topic.empty()) return fail(Errc::invalid_topic, "the topic is empty");
  if (topic.size() > topic_size_max) {
    return fail(Errc::invalid_topic,
                "the topic is longer than 200 bytes (" + std::to_string(topic.size()) + ")");
  }
  if (has_empty_word(topic)) return fail(Errc::invalid_topic, "the topic has an empty word between its dots");
  return fail(Errc::invalid_topic, "the topic is not UTF-8, or has a space or control character");
}

Result<void> check_prefix(std::string_view prefix) {
  if (prefix.size() > topic_size_max) {
    return fail(Errc::invalid_topic,
                "the prefix is longer than 200 bytes (" + std::to_string(prefix.size()) + ")");
  }
  if (in_alphabet(prefix)) return {};
  return fail(Errc::invalid_topic, "the prefix is not UTF-8, or has a space or control character");
}

Result<void> check_key(std::string_view key) {
  if (key.empty())
    return fail(Errc::invalid_key, "the key is empty (an event without a key has none at all)");
  if (key.size() > key_size_max) {
    return fail(Errc::invalid_key, "the key is longer than 255 bytes (" + std::to_string(key.size()) + ")");
  }
  if (!is_utf8(key)) return fail(Errc::invalid_key, "the key is not UTF-8");
  return {};
}

}  // namespace mesh
