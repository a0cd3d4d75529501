#include <mesh/io/publisher/unread_budget.hpp>

#include <algorithm>

#include <mesh/io/frames.hpp>

namespace mesh::io {

namespace {

/// Keeps a frame's bytes, and gives them back to the count with the last user.
struct Charge {
  std::shared_ptr<const void> owner;
  std::shared_ptr<std::atomic<std::size_t>> count;
  std::size_t bytes;

  Charge(std::shared_ptr<const void> owner_in, std::shared_ptr<std::atomic<std::size_t>> count_in,
         std::size_t bytes_in)
      : owner(std::move(owner_in)), count(std::move(count_in)), bytes(bytes_in) {
    count->fetch_add(bytes, std::memory_order_relaxed);
  }

  ~Charge() { count->fetch_sub(bytes, std::memory_order_relaxed); }

  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
};

}  // namespace

bool UnreadBudget::charge(const core::Route& route, std::vector<Bytes>& frames) {
  const bool large = std::any_of(frames.begin(), frames.end(),
                                 [](const Bytes& frame) { return frame.size() >= zero_copy_min; });
  if (!large) return true;
  if (counts_.size() >= sweep_at_) forget_quiet();
  Count& count = counts_[route];
  if (!count) count = std::make_shared<std::atomic<std::size_t>>(0);
  if (count->load(std::memory_order_relaxed) >= bytes_max_) return false;
  for (Bytes& frame : frames) {
    if (frame.size() < zero_copy_min || frame.owner() == nullptr) continue;
    frame = Bytes(frame.view(), std::make_shared<const Charge>(frame.owner(), count, frame.size()));
  }
  return true;
}

std::size_t UnreadBudget::unread(const core::Route& route) const {
  const auto it = counts_.find(route);
  return it == counts_.end() ? 0 : it->second->load(std::memory_order_relaxed);
}

void UnreadBudget::forget_quiet() {
  std::erase_if(counts_,
                [](const auto& entry) { return entry.second->load(std::memory_order_relaxed) == 0; });
  sweep_at_ = std::max<std::size_t>(64, 2 * counts_.size());
}

}  // namespace mesh::io
