// The redelivered events in hand, and which ones were in hand a while ago: each (seq, attempt) is handed to
// the dispatcher once, however often the publisher sends it.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <mesh/model/messages.hpp>

namespace mesh::core {

class HeldBook {
 public:
  static constexpr std::size_t remembered_max = 4096;

  /// True: it is new and now in hand. False: in hand, finished already, or no room for more (it comes again).
  bool take(const Redelivery& item);
  /// Its verdict was answered.
  void answered(Seq seq, std::uint32_t attempt);
  /// It was dropped before it started; it may come again.
  void release(Seq seq, std::uint32_t attempt);
  void clear();

  /// All in hand, for Ack and Resume: also those whose verdict is not answered yet.
  std::vector<HeldEvent> list() const;

  std::size_t size() const { return held_.size(); }

 private:
  using Finished = std::tuple<Seq, std::uint32_t, std::uint32_t>;  ///< seq, attempt, redrives
  std::map<std::pair<Seq, std::uint32_t>, std::uint32_t> held_;    ///< (seq, attempt) -> redrives
  std::deque<Finished> order_;
  std::set<Finished> finished_;
};

}  // namespace mesh::core
