// Notices when two processes have one member's name: each takes the group from the other, again and again,
// and events are charged for it.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include <mesh/model/notice.hpp>

namespace node {

/// Not thread safe.
class Rivals {
 public:
  using Clock = std::chrono::steady_clock;

  /// Of that many publishers, which may have one name.
  explicit Rivals(std::size_t publishers) : publishers_(publishers) {}

  /// Attached to the publisher now, and not as one that goes on. True: it happens so often that somebody else
  /// must have the name, and it is time to say so: at first, and then ever more seldom.
  bool attached(const std::string& publisher, Clock::time_point now);

 private:
  const std::size_t publishers_;
  std::map<std::string, std::deque<Clock::time_point>> attached_;
  Clock::time_point told_{};
  Clock::duration pause_{0};
};

/// notices_of(), and an error when the member has a rival.
mesh::LogCallback notices_of_member(std::string who, std::string member, std::size_t publishers);

}  // namespace node
