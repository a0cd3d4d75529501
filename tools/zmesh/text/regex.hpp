// A POSIX extended regular expression: unlike std::regex it does not recurse, whatever text it is shown.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <journal/result.hpp>

namespace zmesh {

class Regex {
 public:
  /// ^ and $ are also the ends of lines. Error: invalid_argument, with what is wrong.
  static mesh::Result<Regex> compile(const std::string& pattern, bool ignore_case = false);

  /// Whether it matches any part of the text.
  bool finds(std::string_view text) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace zmesh
