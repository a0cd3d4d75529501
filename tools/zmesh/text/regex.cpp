#include <tools/zmesh/text/regex.hpp>

#include <regex.h>

namespace zmesh {

struct Regex::Compiled {
  regex_t regex{};
  bool valid = false;

  Compiled() = default;

  ~Compiled() {
    if (valid) ::regfree(&regex);
  }

  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

mesh::Result<Regex> Regex::compile(const std::string& pattern, bool ignore_case) {
  auto compiled = std::make_shared<Compiled>();
  const int status = ::regcomp(&compiled->regex, pattern.c_str(),
                               REG_EXTENDED | REG_NEWLINE | (ignore_case ? REG_ICASE : 0));
  if (status != 0) {
    char text[256];
    ::regerror(status, &compiled->regex, text, sizeof text);
    return mesh::fail(mesh::Errc::invalid_argument, "'" + pattern + "' is no regular expression: " + text);
  }
  compiled->valid = true;
  Regex regex;
  regex.compiled_ = std::move(compiled);
  return regex;
}

bool Regex::finds(std::string_view text) const {
  // With REG_STARTEND the text needs no NUL at its end, and may hold some.
  regmatch_t match{};
  match.rm_so = 0;
  match.rm_eo = static_cast<regoff_t>(text.size());
  return ::regexec(&compiled_->regex, text.data() == nullptr ? "" : text.data(), 1, &match, REG_STARTEND) ==
         0;
}

}  // namespace zmesh
