// What a misspelt word was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zmesh {

/// The candidate that `word` is most likely meant to be; empty: none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// What to say of a word of a command line (`--flag`, `--flag=VALUE` or a command) that is none of `known`:
/// "unknown: --cuont; is --count meant?".
std::string unknown_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace zmesh
