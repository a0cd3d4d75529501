// What the mesh tells its host about itself: a level, a stable code and a sentence. The library does not log;
// it hands notices to the callback that its owner gave.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mesh {

enum class Level { debug, info, warning, error };

struct Notice {
  Level level = Level::info;
  std::string_view code;  ///< stable, static storage: "group.created", "member.lost", "link.gap", ...
  std::string text;
};

/// Called on the publisher's or consumer's own thread: must not block or call back into it.
using LogCallback = std::function<void(const Notice&)>;

}  // namespace mesh
