// What a topic, prefix, key and header may be. Checked at publish, at attach and on every decoded frame.
#pragma once

#include <string_view>

#include <journal/result.hpp>

namespace mesh {

/// libzmq 4.3.4 loses the whole subscription stream on prefixes of 246-255 bytes; 200 keeps well clear of it.
inline constexpr std::size_t topic_size_max = 200;
inline constexpr std::size_t key_size_max = 255;
inline constexpr std::size_t header_count_max = 64;
/// Sum of the header names' and values' sizes of one event, in bytes.
inline constexpr std::size_t headers_size_max = 16 * 1024;

/// 1 to 200 bytes of UTF-8 without control characters or spaces, and no empty word between dots.
Result<void> check_topic(std::string_view topic);

/// 0 to 200 bytes of the same alphabet; any position of dots, so `booking.` and `book` are prefixes, and the
/// empty prefix is every topic. (`booking` also matches `bookings.x`: end prefixes with a dot.)
Result<void> check_prefix(std::string_view prefix);

/// 1 to 255 bytes of UTF-8.
Result<void> check_key(std::string_view key);

/// UTF-8 validity as RFC 3629 has it (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace mesh
