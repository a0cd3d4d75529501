// Which topics: a prefix, or words with wildcards.
#pragma once

#include <string>
#include <string_view>

#include <journal/result.hpp>

namespace zmesh {

/// "booking." and "book" are prefixes. With a wildcard the whole topic must match: `*` is any part of one
/// word
/// ("*.created", "booking.*.eu", "book*.created"), and a last word `#` or `>` the rest: `#` also no word at
/// all ("booking.#" matches "booking"), `>` at least one.
class TopicPattern {
 public:
  /// Error: invalid_topic.
  static mesh::Result<TopicPattern> parse(std::string_view text);

  bool matches(std::string_view topic) const;

  /// What every topic that matches begins with: enough to subscribe.
  std::string prefix() const;

  /// Every topic that begins with prefix() matches.
  bool is_prefix() const { return !wildcards_; }

 private:
  std::string text_;
  bool wildcards_ = false;
};

}  // namespace zmesh
