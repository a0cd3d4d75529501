// The prefixes a consumer subscribed to, reduced: one that another covers is left out. So at most one of
// them is a prefix of any text, and finding it is a binary search.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mesh::core {

class PrefixSet {
 public:
  /// No prefixes at all means every topic, which is the empty prefix.
  explicit PrefixSet(const std::vector<std::string>& prefixes);

  std::size_t size() const { return prefixes_.size(); }

  const std::string& at(std::size_t index) const { return prefixes_[index]; }

  /// Index of the prefix that `text` starts with.
  std::optional<std::size_t> find(std::string_view text) const;

 private:
  std::vector<std::string> prefixes_;  ///< ascending; none is a prefix of another
};

}  // namespace mesh::core
