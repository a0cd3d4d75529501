// The prefixes somebody subscribes to: longest match of a topic, the chain of active prefixes under it, and
// which of them a heartbeat has to go to.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <journal/identity.hpp>

namespace mesh::core {

struct ActivePrefix {
  std::string prefix;
  std::uint64_t serial = 0;  ///< of its activation; a stable order for timers
  Seq previous = 0;          ///< the last seq sent under it; the head when it became active
  /// The active prefixes of this one, itself last: exactly who gets a message whose frame 0 this is.
  std::vector<ActivePrefix*> chain;
  /// A prefix that no other active one extends, and that extends this: a heartbeat to it reaches this too.
  ActivePrefix* cover = nullptr;
};

/// Not thread safe. Pointers stay valid while their prefix is active.
class PrefixTable {
 public:
  /// Beyond this many a prefix is not taken: those who subscribed to it are served by fetch.
  static constexpr std::size_t active_max = 16'384;

  enum class Added : std::uint8_t { yes, already, full };
  Added add(std::string_view prefix, Seq head);
  bool remove(std::string_view prefix);

  bool empty() const { return active_.empty(); }

  std::size_t size() const { return active_.size(); }

  /// Everything matches: the only active prefix is the empty one.
  ActivePrefix* catch_all();

  /// The longest active prefix of the topic; nothing when there is none.
  ActivePrefix* longest(std::string_view topic);

  /// Visits all, in byte order.
  template <class Visit>
  void for_each(Visit&& visit) {
    refresh();
    for (auto& [prefix, active] : active_) visit(*active);
  }

 private:
  void refresh();
  ActivePrefix* search(std::string_view topic);

  /// Remembers a topic's answer. A line whose generation has passed is empty.
  struct Line {
    std::uint64_t generation = 0;
    std::string topic;
    ActivePrefix* match = nullptr;
  };

  static constexpr std::size_t line_count = 1024;

  std::map<std::string, std::unique_ptr<ActivePrefix>, std::less<>> active_;
  std::uint64_t serial_ = 0;
  std::uint64_t generation_ = 1;
  bool dirty_ = false;
  std::vector<Line> lines_;
};

}  // namespace mesh::core
