// Events of other publishers, published again from this node's journal.
#pragma once

#include <memory>

#include <nodes/node/role.hpp>
#include <nodes/node/topics.hpp>
#include <nodes/relay/relayed.hpp>

namespace node {

/// Acknowledges an event after its own commit. What comes again, after a crash between the two or by another
/// way, is recognised by its identity and its content, and not published twice; `relayed` is shared by all
/// relays that publish to one journal. While the own journal cannot take an event, its handler holds it: the
/// publishers' journals are the buffer.
mesh::Result<std::unique_ptr<Role>> open_relay(const RelaySettings& settings, mesh::Publisher& publisher,
                                               Relayed& relayed, Topics& topics);

}  // namespace node
