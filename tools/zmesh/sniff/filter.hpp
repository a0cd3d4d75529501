// Which events a sniffer shows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <journal/batch.hpp>
#include <tools/zmesh/sniff/condition.hpp>
#include <tools/zmesh/sniff/topic_pattern.hpp>

namespace zmesh {

struct FilterOptions {
  std::vector<std::string> topics;   ///< any of these patterns; none: every topic
  std::vector<std::string> without;  ///< none of these patterns
  std::vector<std::string> headers;  ///< NAME=VALUE or NAME, all of them
  std::vector<std::string> greps;    ///< regular expressions, all of them
  std::vector<std::string> where;    ///< conditions, all of them
  bool ignore_case = false;          ///< of the expressions
  std::string sample;                ///< "1/100", "5%": a share of the events, the same one everywhere
};

/// Decides by the event alone, so that two sniffers of one stream agree. Thread safe.
class Filter {
 public:
  /// Error: invalid_argument, invalid_topic.
  static mesh::Result<Filter> make(const FilterOptions& options);

  bool passes(const mesh::EventView& event) const;

  /// What to subscribe: prefixes of all that can pass; none: every topic.
  const std::vector<std::string>& prefixes() const { return prefixes_; }

  /// Everything passes.
  bool open() const;

 private:
  struct HeaderTest {
    std::string name;
    std::optional<std::string> value;
  };

  bool topic_passes(std::string_view topic) const;
  bool content_passes(const mesh::EventView& event) const;

  std::vector<TopicPattern> topics_;
  std::vector<TopicPattern> without_;
  std::vector<HeaderTest> headers_;
  std::vector<Regex> greps_;
  std::vector<Condition> where_;
  std::vector<std::string> prefixes_;
  double share_ = 1;
};

/// "1/100", "5%" or "0.05" as a share above 0 and up to 1. Error: invalid_argument.
mesh::Result<double> parse_share(std::string_view text);

}  // namespace zmesh
