#include <tools/zmesh/exit_code.hpp>

namespace zmesh {

ExitCode exit_code_of(mesh::Errc code) {
  switch (code) {
    case mesh::Errc::invalid_argument:
    case mesh::Errc::invalid_topic:
    case mesh::Errc::endpoint_invalid:
      return ExitCode::usage;
    case mesh::Errc::unreachable:
      return ExitCode::unreachable;
    case mesh::Errc::timeout:
      return ExitCode::nothing;
    case mesh::Errc::journal_damaged:
      return ExitCode::damage;
    default:
      return ExitCode::failure;
  }
}

}  // namespace zmesh
