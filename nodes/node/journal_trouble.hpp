// Whether the node's journal takes events, as far as that is known without publishing one.
#pragma once

#include <string>

#include <mesh/publisher.hpp>

namespace node {

/// Why it does not; empty: it does. Of `stats` the newest commit of events counts. When that failed, and
/// nobody has published since (who sends requests here may look at readiness first, and keep away), it is
/// taken to be over after a moment, unless the disk of the directory `journal` is still seen to be full. A
/// journal at its limit (journal_full) is none: its groups must settle, and for that the node must be asked.
std::string journal_trouble(const mesh::PublisherStats& stats, const std::string& journal);

}  // namespace node
