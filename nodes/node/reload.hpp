// SIGHUP: the configuration is read again, and what may change while running is taken over.
#pragma once

#include <nodes/config/config.hpp>
#include <nodes/node/node.hpp>

namespace node {

/// A configuration with mistakes changes nothing. `config` is what is in force; what needs a restart is
/// logged.
void reload(const Sources& sources, Config& config, Node& node);

/// The options that differ but need a restart, as "[gateway] http"; also when parts came or went.
std::vector<std::string> needing_restart(const Config& before, const Config& after);

}  // namespace node
