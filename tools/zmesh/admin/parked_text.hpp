// A parked event as JSON or text.
#pragma once

#include <string>
#include <vector>

#include <mesh/model/messages.hpp>

namespace zmesh {

/// One object: the event's fields as `sub` prints them, reason, redrives, parked_at and attempts.
std::string parked_json(const mesh::ParkedEvent& parked, const mesh::Info& publisher);
/// The event and its history, several lines.
std::string parked_details(const mesh::ParkedEvent& parked, const mesh::Info& publisher);
/// One line per event.
std::string parked_table(const std::vector<mesh::ParkedEvent>& events);

}  // namespace zmesh
