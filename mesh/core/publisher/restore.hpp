// Brings the desk to where the journal's state says it was.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

/// Reads groups, ledgers, retries and parked events, and creates the declared groups that do not exist.
/// Errors: journal_damaged (state that does not decode), journal_io, invalid_argument (a declaration).
Result<void> restore_desk(Desk& desk, const Journal& journal, std::span<const GroupDeclaration> declared,
                          Now now);

}  // namespace mesh::core
