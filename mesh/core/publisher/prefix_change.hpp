// A group that comes back with other prefixes.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

/// `prefixes` in normal form. What the ledger has as settled above its floor may just not have been the
/// group's: with wider prefixes it is looked at again. What failed or is parked is known by name and stays
/// settled; the rest comes again, marked redelivered.
void change_prefixes(Desk& desk, Group& group, const std::vector<std::string>& prefixes);

}  // namespace mesh::core
