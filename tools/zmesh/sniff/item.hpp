// What flows from the sources of a sniffer to its output: events, and marks between them.
#pragma once

#include <memory>
#include <string>

#include <journal/batch.hpp>

namespace zmesh {

/// The publisher an event is of.
struct SourceName {
  mesh::Origin origin;
  std::string hex;  ///< of the origin
  std::string name;
};

struct SniffItem {
  std::shared_ptr<const SourceName> source;
  /// The event owns its bytes: a copy of its record alone, as a whole batch would stay in memory for one
  /// event that passed a filter.
  mesh::EventView event;
  std::unique_ptr<std::byte[]> bytes;
  /// Not empty: no event but something to tell between two, "gap: ..." .
  std::string mark;
  /// When it arrived; 0: it was history when we came, so its age says nothing.
  mesh::WallTime arrived = 0;
  /// Events of its source that were left out just before it, as there was no room.
  std::uint64_t left_out = 0;

  bool is_mark() const { return !mark.empty(); }
};

/// A copy of the event that owns its bytes.
SniffItem own_event(const mesh::EventView& event);

}  // namespace zmesh
