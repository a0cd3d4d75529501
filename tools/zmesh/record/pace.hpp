// A pace at which things shall happen.
#pragma once

#include <string_view>

#include <journal/identity.hpp>
#include <journal/result.hpp>
#include <mesh/model/time.hpp>

namespace zmesh {

/// When the events of a recording are due.
class Pace {
 public:
  /// "2x", "0.5x", "500/s" or "max". Error: invalid_argument.
  static mesh::Result<Pace> parse(std::string_view text);

  /// How long after the start the next event is due, which has this recorded time.
  mesh::Duration due(mesh::WallTime time);

  /// Of "500/s"; else 0.
  double per_second() const { return per_second_; }

 private:
  double factor_ = 0;      ///< of the recorded pace; 0: not by it
  double per_second_ = 0;  ///< 0: not by it
  mesh::WallTime first_ = 0;
  mesh::Duration latest_{0};
  std::uint64_t count_ = 0;
};

}  // namespace zmesh
