// The newest events by their identity, so that one that comes again is recognised.
#pragma once

#include <cstdint>
#include <unordered_map>
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

  struct Hash {
    std::size_t operator()(const Id& id) const {
      std::uint64_t word = 0;
      for (const auto byte : id.origin.bytes) word = word * 257 + byte;
      return static_cast<std::size_t>((word ^ id.seq) * 0x9e3779b97f4a7c15ULL);
    }
  };

  /// An event, and a hash of what it is.
  struct Entry {
    Id id;
    std::uint64_t content = 0;
  };

  explicit Seen(std::size_t count_max) : count_max_(count_max) {}

  /// Its content; null: it has not been seen, or is forgotten.
  const std::uint64_t* find(const Id& id) const {
    const auto found = known_.find(id);
    return found == known_.end() ? nullptr : &found->second;
  }

  void add(const Entry& entry) {
    if (count_max_ == 0 || !known_.emplace(entry.id, entry.content).second) return;
    if (order_.size() < count_max_) {
      order_.push_back(entry.id);
      return;
    }
    known_.erase(order_[oldest_]);
    order_[oldest_] = entry.id;
    oldest_ = (oldest_ + 1) % count_max_;
  }

  std::size_t size() const { return known_.size(); }

 private:
  const std::size_t count_max_;
  std::unordered_map<Id, std::uint64_t, Hash> known_;
  std::vector<Id> order_;  ///< a ring
  std::size_t oldest_ = 0;
};

}  // namespace node
