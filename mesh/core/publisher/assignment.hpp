// Who has which slots of a group. Now: the member that came first has all of them, the others wait in order.
#pragma once

#include <algorithm>
#include <deque>

#include <mesh/model/messages.hpp>

namespace mesh::core {

class Assignment {
 public:
  /// The session that has the slots; 0: nobody is attached.
  SessionId owner() const { return order_.empty() ? 0 : order_.front(); }

  SlotMask slots(SessionId session) const { return session != 0 && session == owner() ? all_slots : 0; }

  bool empty() const { return order_.empty(); }

  const std::deque<SessionId>& sessions() const { return order_; }

  /// The newcomer waits behind the others.
  void join(SessionId session) { order_.push_back(session); }

  /// The newcomer takes an earlier session's place, slots included.
  void replace(SessionId old, SessionId session) { std::replace(order_.begin(), order_.end(), old, session); }

  /// True when it had the slots, so that they pass to the new owner(), if there is one.
  bool leave(SessionId session) {
    const bool had = session == owner();
    std::erase(order_, session);
    return had;
  }

 private:
  std::deque<SessionId> order_;
};

}  // namespace mesh::core
