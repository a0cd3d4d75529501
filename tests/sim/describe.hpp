// Messages in a line of text, for the trace.
#pragma once

#include <string>

#include <mesh/core/consumer/delivery.hpp>
#include <mesh/model/messages.hpp>

namespace sim {

std::string describe(const mesh::ControlMessage& message);
std::string describe(const mesh::LiveMessage& message);
std::string describe(const mesh::SlotLedger& ledger);

}  // namespace sim
