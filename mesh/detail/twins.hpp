// Notices when two of a consumer's endpoints lead to one publisher (127.0.0.1 and localhost): each link takes
// the other's place there, again and again.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <journal/identity.hpp>
#include <mesh/core/consumer/delivery.hpp>
#include <mesh/model/time.hpp>

namespace mesh::detail {

/// Pure. Not thread safe.
class Twins {
 public:
  /// So often within `window` two links take turns. A publisher that has moved from one endpoint to another
  /// is met at one of them at a time, and does so once.
  static constexpr std::size_t turns_told = 3;
  static constexpr Duration window = 15s;

  /// A link's state has changed at a publisher of that origin. Returns the other link if both lead there at
  /// once; a pair is told once.
  std::optional<core::LinkId> changed(core::LinkId link, const Origin& origin, Duration now);

 private:
  struct Turns {
    core::LinkId link = 0;
    std::deque<Duration> times;  ///< when another link's turn began; at most turns_told
  };

  std::map<Origin, Turns> turns_;
  std::set<std::pair<core::LinkId, core::LinkId>> told_;
};

}  // namespace mesh::detail
