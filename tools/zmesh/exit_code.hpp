// What `zmesh` ends with, and which error means which.
#pragma once

#include <journal/result.hpp>

namespace zmesh {

/// Documented in README and `zmesh --help`; never renumbered.
enum class ExitCode : int {
  ok = 0,
  failure = 1,      ///< it did not do all it was asked to; stderr says what
  usage = 2,        ///< unknown or impossible options
  unreachable = 3,  ///< no publisher answered
  nothing = 4,      ///< timeout, or nothing (or less than --count) was received
  damage = 5,       ///< a journal does not verify
  interrupted = 130,
};

ExitCode exit_code_of(mesh::Errc code);

}  // namespace zmesh
