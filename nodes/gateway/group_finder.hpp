// Whether there is a group of a name. Who attaches to one that is not there makes it, so a mistyped name
// would be owed every event from then on, and fill the journal.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <mesh/publisher.hpp>

namespace node {

/// Publishers are asked on a thread of its own, for one group after the other, as their answers may take
/// seconds.
class GroupFinder {
 public:
  /// True: one of the publishers has the group. False: they have all answered, and none has. Errors:
  /// unreachable and others of one that did not answer.
  using Told = std::function<void(mesh::Result<bool>)>;

  /// `own` is the node's own publisher, or null where `others` are to be asked.
  GroupFinder(mesh::Publisher* own, std::vector<std::string> others);
  /// Questions that were not asked yet are dropped.
  ~GroupFinder();

  /// `told` is called on the finder's thread, or at once with limit_reached.
  void find(std::string group, Told told);

 private:
  struct Question {
    std::string group;
    Told told;
  };

  void run();
  mesh::Result<bool> ask(const std::string& group) const;

  mesh::Publisher* const own_;
  const std::vector<std::string> others_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace node
