// Events of other publishers, published again from this node's journal.
#pragma once

#include <memory>

#include <nodes/node/role.hpp>
#include <nodes/node/topics.hpp>
#include <nodes/relay/seen.hpp>

namespace node {

/// The newest `count` events of a journal that were relayed to it, oldest first; none where there is no
/// journal yet. Not while this process has the journal open. Errors: those of open_journal_reader.
mesh::Result<std::vector<Seen::Id>> relayed_before(const std::string& journal, std::size_t count);

/// Acknowledges an event after its own commit. What a crash between the two brings again is recognised by its
/// identity among the newest `remember` events of the journal, and not published twice.
/// While the own journal cannot take an event, its handler holds it: the publishers' journals are the buffer.
mesh::Result<std::unique_ptr<Role>> open_relay(const RelaySettings& settings, mesh::Publisher& publisher,
                                               const std::vector<Seen::Id>& known, Topics& topics);

}  // namespace node
