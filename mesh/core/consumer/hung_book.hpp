// Redeliveries of events whose handler of an earlier attempt has not returned. A second worker would hang
// too, and the event may not be with two at once; so they wait here, fail when ack_wait is over without being
// handled, and thereby come to be parked. When the earlier handler returns after all, they are handled.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>
#include <mesh/model/time.hpp>

namespace mesh::core {

class HungBook {
 public:
  /// `with_keys`: completions tell their key.
  HungBook(Duration ack_wait, bool with_keys) : ack_wait_(ack_wait), with_keys_(with_keys) {}

  void add(Delivery delivery);

  /// The earlier handler of the event says that it goes on: the wait begins anew.
  void extend(LinkId link, Seq seq, Now now);
  /// Fails those that have waited for ack_wait. The process having stood still does not count.
  void expire(Now now, std::vector<Completion>& out);
  std::optional<Duration> next_deadline() const;

  /// Takes those out for which `condition` holds, in order of arrival.
  std::vector<Delivery> take_if(const std::function<bool(const Delivery&)>& condition);

  bool empty() const { return waiting_.empty(); }

  std::size_t size() const { return waiting_.size(); }

  std::size_t bytes() const;

 private:
  struct Waiting {
    Delivery delivery;
    std::optional<Duration> since;  ///< nothing: not looked at yet
  };

  Duration ack_wait_;
  bool with_keys_;
  std::vector<Waiting> waiting_;
  Duration seen_{0};
};

}  // namespace mesh::core
