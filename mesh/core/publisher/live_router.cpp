#include <algorithm>

#include <journal/topic.hpp>
#include <mesh/core/publisher/live_router.hpp>

namespace mesh::core {
namespace {

constexpr std::uint32_t no_share = ~std::uint32_t{0};

std::vector<Chain> chains_of(const ActivePrefix& prefix) {
  std::vector<Chain> chains;
  chains.reserve(prefix.chain.size());
  for (const ActivePrefix* active : prefix.chain) {
    chains.push_back({static_cast<std::uint16_t>(active->prefix.size()), active->previous});
  }
  return chains;
}

}  // namespace

Result<void> LiveRouter::subscribe(std::string_view prefix, bool active, Seq head, Now now) {
  if (auto checked = check_prefix(prefix); !checked) return checked.error();
  if (active) {
    if (table_.add(prefix, head) == PrefixTable::Added::full) {
      return fail(Errc::limit_reached, "too many active prefixes; those beyond are served by fetch alone");
    }
  } else if (!table_.remove(prefix)) {
    return {};
  }
  if (!changed_) changed_ = now.steady;
  return {};
}

// Done once for all changes of a turn: a subscriber that comes back brings all its prefixes at once.
void LiveRouter::rearm() {
  if (!changed_) return;
  const Duration soon = *changed_ + settings_.heartbeat_tail;
  changed_.reset();
  std::map<std::uint64_t, ActivePrefix*> covering;
  std::uint64_t newest = known_serial_;
  table_.for_each([&](ActivePrefix& active) {
    if (active.cover == &active) covering.emplace(active.serial, &active);
    newest = std::max(newest, active.serial);
  });
  for (const auto& [serial, active] : beating_) {
    if (!covering.contains(serial)) beats_.set(serial, std::nullopt);
  }
  for (const auto& [serial, active] : covering) {
    if (!beating_.contains(serial)) beats_.set(serial, soon);
  }
  table_.for_each([&](ActivePrefix& active) {
    if (active.serial > known_serial_) beats_.set(active.cover->serial, soon);
  });
  known_serial_ = newest;
  beating_ = std::move(covering);
}

// Finds each event's share. True: one share has all events, so the batch can travel as it is.
Result<bool> LiveRouter::divide(const Batch& batch) {
  shares_.clear();
  if (ActivePrefix* all = table_.catch_all()) {
    shares_.push_back({all, batch.header.count, 0, batch.header.last});
    return true;
  }
  if (auto decoded = decode_events(batch.view(), events_); !decoded) return decoded.error();
  share_of_.clear();
  share_index_.clear();
  std::string_view topic;
  std::uint32_t share = no_share;
  bool first = true;
  for (const EventView& event : events_) {
    if (first || event.topic != topic) {
      first = false;
      topic = event.topic;
      ActivePrefix* prefix = table_.longest(topic);
      if (prefix == nullptr) {
        share = no_share;
      } else if (share >= shares_.size() || shares_[share].prefix != prefix) {
        const auto [it, added] = share_index_.try_emplace(prefix, static_cast<std::uint32_t>(shares_.size()));
        if (added) shares_.push_back({prefix, 0, 0, 0});
        share = it->second;
      }
    }
    share_of_.push_back(share);
    if (share == no_share) continue;
    Share& mine = shares_[share];
    ++mine.count;
    mine.bytes += event.record.size();
    mine.last = event.seq;
  }
  return shares_.size() == 1 && shares_[0].count == events_.size();
}

LiveMessage LiveRouter::message(const Batch& batch, std::size_t share) const {
  LiveMessage out;
  out.prefix = shares_[share].prefix->prefix;
  out.origin = settings_.origin;
  out.incarnation = settings_.incarnation;
  out.first = batch.header.first;
  out.last = batch.header.last;
  out.head = batch.header.last;
  out.chains = chains_of(*shares_[share].prefix);
  if (shares_.size() <= companions_max + 1) {
    out.companions.emplace();
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      if (i != share) out.companions->push_back(shares_[i].prefix->prefix);
    }
  }
  return out;
}

void LiveRouter::sent(const Share& share, Now now) {
  for (ActivePrefix* active : share.prefix->chain) active->previous = std::max(active->previous, share.last);
  beats_.set(share.prefix->cover->serial, now.steady + settings_.heartbeat_tail);
}

Result<void> LiveRouter::route(const Batch& batch, Now now, std::vector<LiveMessage>& out) {
  rearm();
  if (table_.empty()) {
    counters_.unsent += batch.header.count;
    return {};
  }
  const auto whole = divide(batch);
  if (!whole) {
    table_.for_each([&](ActivePrefix& active) { active.previous = batch.header.last; });
    counters_.unsent += batch.header.count;
    return whole.error();
  }
  if (*whole) {
    out.push_back(message(batch, 0));
    out.back().batch = batch;
  } else {
    const std::size_t base = out.size();
    std::vector<BatchBuilder> builders;
    builders.reserve(shares_.size());
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      out.push_back(message(batch, i));
      builders.emplace_back(settings_.origin, batch_header_size + shares_[i].bytes);
    }
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (share_of_[i] != no_share) builders[share_of_[i]].append(events_[i]);
    }
    for (std::size_t i = 0; i < shares_.size(); ++i) out[base + i].batch = builders[i].seal(batch_filtered);
  }
  std::uint64_t count = 0;
  for (const Share& share : shares_) {
    count += share.count;
    sent(share, now);
  }
  counters_.sent += count;
  counters_.unsent += batch.header.count - count;
  counters_.live_messages += shares_.size();
  return {};
}

void LiveRouter::beat(Seq head, Now now, std::vector<LiveMessage>& out) {
  rearm();
  while (const auto serial = beats_.pop(now.steady)) {
    const auto it = beating_.find(*serial);
    if (it == beating_.end()) continue;
    LiveMessage beat;
    beat.prefix = it->second->prefix;
    beat.origin = settings_.origin;
    beat.incarnation = settings_.incarnation;
    beat.head = head;
    beat.chains = chains_of(*it->second);
    beat.companions.emplace();
    out.push_back(std::move(beat));
    ++counters_.heartbeats;
    beats_.set(*serial, now.steady + settings_.heartbeat_idle);
  }
}

std::optional<Duration> LiveRouter::next_deadline() const {
  return changed_ ? changed_ : beats_.next();
}

}  // namespace mesh::core
