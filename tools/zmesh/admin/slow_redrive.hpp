// Redriving at a rate: a part at a time, past what cannot be redriven now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <mesh/admin.hpp>
#include <tools/zmesh/process/interrupt.hpp>

namespace zmesh {

/// What became of the events that were parked and asked for.
struct SlowRedrive {
  mesh::ParkedResult done;
  std::uint64_t whole = 0;           ///< so many there were
  std::uint64_t behind = 0;          ///< stay parked: an earlier event of their key is parked (again)
  std::uint64_t gone = 0;            ///< were no longer parked when their turn came
  std::uint64_t left = 0;            ///< not come to: see error, or it was interrupted
  std::optional<mesh::Error> error;  ///< what ended it early
};

/// Redrives the group's events that match, at most `rate` a second, and shows progress on stderr; it ends
/// early when interrupted. Error: of the list of what is parked.
mesh::Result<SlowRedrive> redrive_slowly(mesh::Admin& admin, const std::string& group,
                                         const mesh::ParkedFilter& filter, double rate,
                                         const Interrupt& interrupt);

}  // namespace zmesh
