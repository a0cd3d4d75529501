// The messages of the example exchange in PROTOCOL.md, by the names its blocks have.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::test {

std::map<std::string, ControlMessage> control_examples();
std::map<std::string, LiveMessage> live_examples();

/// What a message is on the wire: its frames.
std::map<std::string, std::vector<Bytes>> encoded_examples();

}  // namespace mesh::test
