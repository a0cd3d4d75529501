// Conditions on an event's fields: data.amount>100, headers.tenant=acme, key~^b-1.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <journal/batch.hpp>
#include <tools/zmesh/text/regex.hpp>

namespace zmesh {

/// FIELD OP VALUE, or FIELD alone: it is there (and not null or false). FIELD is data (or payload) with
/// .name and [index], headers.NAME, topic, key, seq, size. OP is = != > >= < <= or ~ (a regular expression
/// finds something). VALUE is a number, true, false, null, "quoted", or plain text. Numbers compare as
/// numbers, text as text; a field that is not there, or is of another type, only satisfies !=.
class Condition {
 public:
  /// Error: invalid_argument.
  static mesh::Result<Condition> parse(std::string_view text);

  /// `data` is the payload as JSON, or null when it is none.
  bool holds(const mesh::EventView& event, const nlohmann::ordered_json& data) const;

  /// Whether it looks into the payload.
  bool of_data() const { return root_ == "data"; }

 private:
  enum class Op { there, equal, unequal, greater, greater_equal, less, less_equal, finds };

  nlohmann::ordered_json field(const mesh::EventView& event, const nlohmann::ordered_json& data) const;

  std::string text_;
  std::string root_;
  std::vector<std::string> path_;  ///< names and indices below the root
  Op op_ = Op::there;
  std::shared_ptr<const nlohmann::ordered_json> value_;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace zmesh
