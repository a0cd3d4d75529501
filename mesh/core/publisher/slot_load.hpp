// How much work each slot brought lately, so that members can be given even parts of it and not only even
// numbers of slots: with 1,000 keys the slots of one of 8 members may well have 20 % more than their part.
//
// What was settled is ranges, which say nothing of counts, and batches that everybody wants whole are decoded
// by nobody here. So a sample of what is published is counted: all of it at moderate rates, a bounded amount
// of work per second at any.
#pragma once

#include <vector>

#include <mesh/core/publisher/assignment.hpp>

namespace mesh::core {

struct Desk;
struct Group;

/// Of one group. Not journaled: after a restart it is learnt anew.
class SlotLoad {
 public:
  /// When so many events are counted, all counts are halved: what was long ago fades.
  static constexpr std::uint64_t total_max = 1u << 16;

  /// Adds events; false: none.
  bool add(const SlotLoads& events);

  const SlotLoads& by_slot() const { return by_slot_; }

  std::uint64_t total() const { return total_; }

  /// Events counted since forget_news().
  std::uint64_t news() const { return news_; }

  void forget_news() { news_ = 0; }

 private:
  SlotLoads by_slot_{};
  std::uint64_t total_ = 0;
  std::uint64_t news_ = 0;
};

/// Counts published events for all groups.
class Sampling {
 public:
  /// Looking at so many events or groups is the work of a second.
  static constexpr std::uint64_t looks_per_second = 20'000;

  explicit Sampling(Desk& desk) : desk_(desk) {}

  void on_committed(const Batch& batch, Now now);

 private:
  void count(Group& group, const SlotLoads& events);
  SlotLoads of(const Group& group) const;

  Desk& desk_;
  Duration busy_until_{0};  ///< in the past by a second at most: that much may be looked at in one go
  std::vector<EventView> events_;
};

}  // namespace mesh::core
