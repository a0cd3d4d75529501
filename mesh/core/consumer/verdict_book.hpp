// Verdicts that the publisher has not answered yet. Every Ack carries them again, oldest first, until an
// Acked for the Ack that carried one first, or for a later one, arrives.
#pragma once

#include <deque>

#include <mesh/model/messages.hpp>

namespace mesh::core {

class VerdictBook {
 public:
  struct Entry {
    Verdict verdict;
    SlotMask settles = 0;  ///< the event came by range: its seq is settled for these once this is answered
    bool redelivered = false;   ///< the event came out of the retry store
    std::uint64_t carrier = 0;  ///< the first Ack that carried it; 0: none yet
  };

  void add(Verdict verdict, SlotMask settles, bool redelivered);

  /// At most `count_max` verdicts for the message `id`, oldest first.
  std::vector<Verdict> carry(std::uint64_t id, std::size_t count_max);

  /// Takes out what an answer to `id` covers.
  template <class Visit>
  void answered(std::uint64_t id, Visit&& visit) {
    while (!entries_.empty() && entries_.front().carrier != 0 && entries_.front().carrier <= id) {
      visit(entries_.front());
      if (carried_ > 0) --carried_;
      entries_.pop_front();
    }
  }

  void clear();

  std::size_t size() const { return entries_.size(); }

  /// The slots of the events they are about.
  SlotMask slots() const;

  /// How many are on their way.
  std::size_t carried() const { return carried_; }

  bool waiting() const { return carried_ < entries_.size(); }

 private:
  std::deque<Entry> entries_;  ///< the first `carried_` have a carrier
  std::size_t carried_ = 0;
};

}  // namespace mesh::core
