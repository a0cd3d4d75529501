// The deliveries that wait for a worker, in order; with more than one worker, by lane: events of one key of
// one link are never with two workers, and go one after the other.
//
//   push --> ready --take--> running --release(lane)--> the lane's next becomes ready
//        \-> behind in its lane, while that has one ready or running
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>

namespace mesh::core {

/// Hash of link and key. Two keys may share one: then they wait for each other, no more.
using LaneId = std::uint64_t;

/// Nothing for an event without key.
std::optional<LaneId> lane_of(const Delivery& delivery);

class WorkQueue {
 public:
  /// Without lanes everything goes strictly in order (one worker).
  explicit WorkQueue(bool with_lanes) : with_lanes_(with_lanes) {}

  void push(std::span<Delivery> deliveries);
  /// Takes the whole vector over where it can, and gives an empty one back that has memory.
  void push(std::vector<Delivery>& deliveries);

  /// Moves up to `count_max` runnable deliveries to `run`, oldest first. False: nothing is runnable. A taken
  /// delivery's lane stays closed until release. With lanes, count_max is 1. What came as a large vector goes
  /// as one, so a run may end before count_max.
  bool take(std::vector<Delivery>& run, std::size_t count_max);

  /// Of what take gave out all but the first `begun` goes back to the front, and from `run`. Only without
  /// lanes.
  void put_back(std::vector<Delivery>& run, std::size_t begun);

  /// The event of that lane is no longer running.
  void release(LaneId lane);

  /// Removes all that `gone` says, in order.
  void remove_if(const std::function<bool(const Delivery&)>& condition,
                 const std::function<void(const Delivery&)>& gone);

  std::size_t size() const { return size_; }

  std::size_t bytes() const { return bytes_; }

 private:
  struct Item {
    std::uint64_t number = 0;  ///< of arrival
    Delivery delivery;
  };

  /// A lane with an event that is ready or running.
  struct Lane {
    std::vector<Item> behind;
    std::size_t next = 0;  ///< of `behind`
    bool running = false;
  };

  /// Some deliveries in order, the first of which are taken. Many are never moved one by one.
  struct Chunk {
    std::vector<Delivery> items;
    std::size_t next = 0;

    std::size_t left() const { return items.size() - next; }
  };

  void append(std::span<Delivery> deliveries);
  void take_plain(std::vector<Delivery>& run, std::size_t count_max);
  void recycle(std::vector<Delivery>&& items);
  void push_lane(Item item);
  Item pop_lane(Lane& lane);

  bool with_lanes_;
  std::deque<Chunk> plain_;  ///< without lanes
  std::vector<std::vector<Delivery>> spare_;
  std::deque<Item> ready_;     ///< in order of arrival
  std::deque<Item> released_;  ///< their lane was closed when they came
  std::unordered_map<LaneId, Lane> lanes_;
  std::uint64_t arrivals_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace mesh::core
