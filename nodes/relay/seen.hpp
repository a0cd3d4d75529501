// The newest events by their identity, so that one that comes again is recognised.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include <journal/identity.hpp>

namespace node {

/// Bounded: the oldest are forgotten first. Not thread safe.
class Seen {
 public:
  struct Id {
    mesh::Origin origin;
    mesh::Seq seq = 0;
    bool operator==(const Id&) const = default;
  };

  explicit Seen(std::size_t count_max) : count_max_(count_max) {}

  bool contains(const Id& id) const { return known_.contains(id); }

  void add(const Id& id) {
    if (count_max_ == 0 || !known_.insert(id).second) return;
    if (order_.size() < count_max_) {
      order_.push_back(id);
      return;
    }
    known_.erase(order_[oldest_]);
    order_[oldest_] = id;
    oldest_ = (oldest_ + 1) % count_max_;
  }

  std::size_t size() const { return known_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Id& id) const {
      std::uint64_t word = 0;
      for (const auto byte : id.origin.bytes) word = word * 257 + byte;
      return static_cast<std::size_t>((word ^ id.seq) * 0x9e3779b97f4a7c15ULL);
    }
  };

  const std::size_t count_max_;
  std::unordered_set<Id, Hash> known_;
  std::vector<Id> order_;  ///< a ring
  std::size_t oldest_ = 0;
};

}  // namespace node
