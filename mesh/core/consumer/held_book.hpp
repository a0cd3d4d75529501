// The redelivered events in hand, and which ones were in hand a while ago: each attempt is handed to the
// dispatcher once, however often the publisher sends it.
#pragma once

#include <deque>
#include <set>
#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::core {

class HeldBook {
 public:
  static constexpr std::size_t remembered_max = 4096;

  /// True: it is new and now in hand. False: in hand, finished already, or no room for more (it comes again).
  bool take(const Redelivery& item);
  /// Its verdict was answered.
  void answered(const HeldEvent& event);
  /// It was dropped before it started; it may come again.
  void release(const HeldEvent& event);
  void clear();
  /// What is no longer in hand may come again: a rewind begins to count attempts anew.
  void forget_answered();

  /// All in hand, for Ack and Resume: also those whose verdict is not answered yet.
  std::vector<HeldEvent> list() const;

  std::size_t size() const { return held_.size(); }

 private:
  std::set<HeldEvent> held_;
  std::deque<HeldEvent> order_;  ///< of finished_, oldest first
  std::set<HeldEvent> finished_;
};

}  // namespace mesh::core
