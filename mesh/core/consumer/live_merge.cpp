#include <mesh/core/consumer/live_merge.hpp>

#include <algorithm>
#include <utility>

namespace mesh::core {
namespace {

// What a held message costs besides its batch: so that many tiny ones are bounded too.
constexpr std::size_t message_overhead = 256;

std::size_t cost(const LiveMessage& message) {
  return message.batch->size() + message_overhead;
}

bool same_batch(const LiveMessage& a, const LiveMessage& b) {
  return a.first == b.first && a.last == b.last;
}

const Chain* chain_of(const LiveMessage& message, std::size_t length) {
  for (const auto& chain : message.chains) {
    if (chain.length == length) return &chain;
  }
  return nullptr;
}

}  // namespace

LiveMerge::LiveMerge(const PrefixSet& prefixes, std::size_t hold_bytes)
    : prefixes_(prefixes), hold_bytes_(hold_bytes), known_(prefixes.size(), 0) {}

void LiveMerge::restart(Seq position) {
  std::fill(known_.begin(), known_.end(), position);
  position_ = position;
}

void LiveMerge::cover(Seq through) {
  for (auto& known : known_) known = std::max(known, through);
  update_position();
}

bool LiveMerge::hold(LiveMessage message) {
  const auto size = cost(message);
  if (held_bytes_ + size > hold_bytes_) {
    drop_held();
    return false;
  }
  held_bytes_ += size;
  held_.push_back(std::move(message));
  return true;
}

void LiveMerge::drop_held() {
  held_.clear();
  held_bytes_ = 0;
}

LiveMerge::Step LiveMerge::next(std::vector<LiveMessage>& parts) {
  parts.clear();
  drop_old();
  if (held_.empty()) return Step::nothing;
  std::size_t count = 0;
  while (count < held_.size() && same_batch(held_[count], held_.front())) {
    if (const auto step = check_chain(held_[count]); step != Step::batch) return step;
    ++count;
  }
  if (!complete(count)) return count < held_.size() ? Step::lost : Step::waiting;
  if (!every_prefix_told(count)) return Step::unknown;
  for (std::size_t i = 0; i < count; ++i) {
    held_bytes_ -= cost(held_.front());
    const auto& frame = held_.front().prefix;
    const bool again =
        std::any_of(parts.begin(), parts.end(), [&](auto& part) { return part.prefix == frame; });
    if (again) duplicates_ += held_.front().batch->header.count;
    if (!again) parts.push_back(std::move(held_.front()));
    held_.pop_front();
  }
  return Step::batch;
}

LiveMerge::Step LiveMerge::heartbeat(const LiveMessage& message) {
  const auto prefix = prefixes_.find(message.prefix);
  if (!prefix) return Step::nothing;
  const auto* chain = chain_of(message, prefixes_.at(*prefix).size());
  if (!chain) return Step::nothing;  // not active when it was sent; the next one tells
  if (chain->previous > known_[*prefix]) return Step::lost;
  known_[*prefix] = std::max(known_[*prefix], message.head);
  update_position();
  return Step::batch;
}

std::uint64_t LiveMerge::take_duplicates() {
  return std::exchange(duplicates_, 0);
}

void LiveMerge::drop_old() {
  while (!held_.empty() && held_.front().last <= position_) {
    duplicates_ += held_.front().batch->header.count;
    held_bytes_ -= cost(held_.front());
    held_.pop_front();
  }
}

LiveMerge::Step LiveMerge::check_chain(const LiveMessage& message) const {
  const auto prefix = prefixes_.find(message.prefix);
  // Without companions the rest of the batch has no names, and any of it may be mine, also when frame 0 is
  // exactly my prefix: longer frames of other subscribers start with it.
  if (!prefix || !message.companions) return Step::unknown;
  const auto* chain = chain_of(message, prefixes_.at(*prefix).size());
  if (!chain) return Step::unknown;  // my subscription was not active when this was sent
  return chain->previous <= known_[*prefix] ? Step::batch : Step::lost;
}

bool LiveMerge::complete(std::size_t parts) const {
  const auto& names = *held_.front().companions;
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    if (!prefixes_.find(name)) return true;
    return std::any_of(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(parts),
                       [&](const LiveMessage& part) { return part.prefix == name; });
  });
}

bool LiveMerge::every_prefix_told(std::size_t parts) const {
  if (prefixes_.size() == 1) return true;
  const auto last = held_.front().last;
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    if (known_[i] >= last) continue;
    const bool told = std::any_of(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(parts),
                                  [&](const LiveMessage& part) { return prefixes_.find(part.prefix) == i; });
    if (!told) return false;
  }
  return true;
}

void LiveMerge::update_position() {
  position_ = *std::min_element(known_.begin(), known_.end());
}

}  // namespace mesh::core
