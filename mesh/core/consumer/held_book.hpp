// The redelivered events in hand, and which ones were in hand a while ago: each attempt is handed to the
// dispatcher once, however often the publisher sends it.
#pragma once

#include <deque>
#include <map>
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
  void answered(const HeldEvent& event, Slot slot);
  /// These slots begin anew: what was finished of them may come again (a rewind counts from one).
  void forget(SlotMask slots);
  /// It was dropped before it started; it may come again.
  void release(const HeldEvent& event);
  void clear();

  /// All in hand, for Ack and Resume: also those whose verdict is not answered yet.
  std::vector<HeldEvent> list() const;

  std::size_t size() const { return held_.size(); }

 private:
  std::set<HeldEvent> held_;
  std::deque<HeldEvent> order_;  ///< of finished_, oldest first
  std::map<HeldEvent, Slot> finished_;
};

}  // namespace mesh::core
