// One bounded lane per source, and their merge: by time while there is history to read, as it comes
// afterwards.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include <mesh/model/time.hpp>
#include <tools/zmesh/sniff/item.hpp>

namespace zmesh {

class Lanes {
 public:
  struct Bounds {
    std::size_t events = 32'768;  ///< of one lane
    std::size_t bytes = 16u << 20;
    /// What happens at a bound: true: events are left out and counted, so that nothing ever waits for the
    /// output; false: the source waits, which costs nobody anything as it reads from a journal then.
    bool lossy = false;
  };

  Lanes(std::size_t count, Bounds bounds) : bounds_(bounds), lanes_(count) {}

  // For the sources' threads; lane is 0 to count - 1.

  /// False: closed; the source shall end.
  bool push(std::size_t lane, SniffItem item);
  /// Never waits.
  void push_mark(std::size_t lane, SniffItem mark);
  /// What a lossy lane would do with an event now; counts it as left out when there is no room. Saves the
  /// copy.
  bool leave_out(std::size_t lane);
  /// Nothing older is to come any more: others need not wait for this lane.
  void live(std::size_t lane);
  /// Nothing at all is to come any more.
  void ended(std::size_t lane);

  // For the one who prints.

  /// Appends what is next, at most items_max; waits up to `timeout` for something. False: all lanes have
  /// ended and are empty.
  bool take(std::vector<SniffItem>& items, std::size_t items_max, mesh::Duration timeout);
  /// Events left out that no item has told of yet.
  std::uint64_t left_out() const;
  /// Events that are in the lanes, and those that were left out before them.
  std::uint64_t queued() const;
  /// Sources that wait, or push from now on, are told to end.
  void close();

 private:
  struct Lane {
    std::deque<SniffItem> items;
    std::size_t bytes = 0;
    std::uint64_t left_out = 0;
    bool live = false;
    bool ended = false;
  };

  bool full(const Lane& lane) const {
    return lane.items.size() >= bounds_.events || lane.bytes >= bounds_.bytes;
  }

  void append(Lane& lane, SniffItem item);
  Lane* next();
  bool all_ended() const;

  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable room_;
  std::vector<Lane> lanes_;
  bool waiting_ = false;  ///< the printer waits
  bool closed_ = false;
};

}  // namespace zmesh
