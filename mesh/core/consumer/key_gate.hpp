// The dispatcher's blocked keys, per link; see blocked_keys.hpp. With Order::none it lets everything through.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>

namespace mesh::core {

class KeyGate {
 public:
  explicit KeyGate(bool ordered) : ordered_(ordered) {}

  bool ordered() const { return ordered_; }

  /// It is not to be handled now: an event of a blocked key, other than what the publisher redelivers.
  bool holds_back(const Delivery& delivery) const;
  /// The outcome of one that is held back; blocks its key anew.
  Completion behind(const Delivery& delivery);
  /// Blocks the keys of what has failed among these.
  void failed(std::vector<Completion>& completions, std::size_t from);

  void change(LinkId link, const KeyChange& change);
  /// The link's keys are told anew.
  void clear(LinkId link);

 private:
  using Key = std::pair<LinkId, KeyId>;

  bool ordered_;
  std::map<Key, std::uint64_t> turns_;
  std::uint64_t turn_ = 0;
};

}  // namespace mesh::core
