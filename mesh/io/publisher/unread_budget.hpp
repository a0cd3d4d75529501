// How much of what was sent to each peer may still lie here unread. ZeroMQ bounds only the count of messages
// per peer, and an answer may hold megabytes: a peer that asks and never reads would fill memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::io {

/// For one thread; ZeroMQ's threads give the bytes back.
class UnreadBudget {
 public:
  explicit UnreadBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Makes the large frames count for the peer until ZeroMQ is done with them (it has copied the small ones,
  /// and bounds their number). False, and nothing counts: the peer has bytes_max unread already.
  bool charge(const core::Route& route, std::vector<Bytes>& frames);

  /// Of one peer, in bytes.
  std::size_t unread(const core::Route& route) const;

  /// Peers that are remembered.
  std::size_t peers() const { return counts_.size(); }

 private:
  using Count = std::shared_ptr<std::atomic<std::size_t>>;

  void forget_quiet();

  std::size_t bytes_max_;
  std::unordered_map<core::Route, Count> counts_;
  std::size_t sweep_at_ = 64;
};

}  // namespace mesh::io
