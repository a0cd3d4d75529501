#include "story.hpp"

#include <algorithm>
#include <cstring>

namespace sim {

namespace {

// The life of a booking, in order; most lives end early.
constexpr std::array<std::string_view, 10> booking_life{
    "booking.created",  "payment.captured",  "booking.confirmed", "booking.checked_in", "booking.completed",
    "review.submitted", "booking.cancelled", "payment.refunded",  "payment.failed",     "listing.updated"};

}  // namespace

bool matches_any(const std::vector<std::string>& prefixes, std::string_view topic) {
  return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(),
                                         [&](const auto& one) { return topic.starts_with(one); });
}

EventNumber Story::next(unsigned publisher) {
  Event event;
  event.publisher = publisher;
  const auto number = events_.size();
  event.topic = scenario_.traffic.story_order ? booking_life[(number / 3) % booking_life.size()]
                                              : rng_.pick(booking_life);
  if (scenario_.traffic.keys > 0 && !rng_.chance(scenario_.traffic.keyless)) {
    event.key = static_cast<std::uint32_t>(rng_.below(scenario_.traffic.keys));
  }
  event.payload_size = static_cast<std::uint32_t>(8 + rng_.below(scenario_.traffic.payload_max));
  if (rng_.chance(0.02)) event.payload_size *= 8;
  events_.push_back(event);
  return static_cast<EventNumber>(number);
}

std::string Story::key_text(EventNumber number) const {
  const auto& key = events_[number].key;
  return key ? "booking-" + std::to_string(*key) : std::string();
}

mesh::ByteView Story::payload(EventNumber number) const {
  const auto& event = events_[number];
  buffer_.resize(event.payload_size + 8);
  std::uint64_t word = mix(scenario_.seed ^ (std::uint64_t{number} << 32));
  const std::uint64_t head = (mix(scenario_.seed) << 32) | number;
  std::memcpy(buffer_.data(), &head, 8);
  for (std::size_t at = 8; at + 8 <= buffer_.size(); at += 8) {
    std::memcpy(buffer_.data() + at, &word, 8);
    word = word * 0x9e3779b97f4a7c15ull + 1;
  }
  return mesh::ByteView(buffer_).first(event.payload_size);
}

std::optional<EventNumber> Story::number_of(mesh::ByteView payload) const {
  std::uint64_t head = 0;
  if (payload.size() < 8) return std::nullopt;
  std::memcpy(&head, payload.data(), 8);
  if (head >> 32 != mix(scenario_.seed) << 32 >> 32) return std::nullopt;
  const auto number = static_cast<EventNumber>(head);
  return number < events_.size() ? std::optional(number) : std::nullopt;
}

bool Story::matches(EventNumber number, const mesh::EventView& view) const {
  const auto& event = events_[number];
  if (view.topic != event.topic || view.key.has_value() != event.key.has_value()) return false;
  if (view.key && *view.key != key_text(number)) return false;
  const auto body = payload(number);
  return body.size() == view.payload.size() &&
         std::memcmp(body.data(), view.payload.data(), body.size()) == 0;
}

Behaviour Story::behaviour(EventNumber number, unsigned group) const {
  const auto& plan = scenario_.handlers;
  const auto& policy = scenario_.groups[group].policy;
  Rng rng(mix(scenario_.seed ^ mix(number * 64 + group)));
  Behaviour will;
  will.takes = rng.between(1us, plan.time_max);
  const auto few = static_cast<std::uint32_t>(rng.between(1, 3));
  const bool delayed = rng.chance(plan.delayed);
  if (rng.chance(plan.failing)) {
    will = {Behaviour::Kind::retry, few, will.takes, false, {}};
  }
  if (rng.chance(plan.poison)) will = {Behaviour::Kind::retry, Behaviour::forever, will.takes, false, {}};
  if (rng.chance(plan.parking)) will = {Behaviour::Kind::park, 1, will.takes, false, {}};
  if (rng.chance(plan.declining)) will = {Behaviour::Kind::put_back, few, will.takes, false, {}};
  if (rng.chance(plan.hanging)) will = {Behaviour::Kind::hang, few, will.takes, false, {}};
  if (rng.chance(plan.killing)) will = {Behaviour::Kind::kill, 1, will.takes, false, {}};
  if (rng.chance(plan.murderous)) will = {Behaviour::Kind::kill, Behaviour::forever, will.takes, false, {}};
  if (delayed) will.delay = rng.between(Duration{0}, 500ms);
  if (rng.chance(plan.slow)) will.takes = policy.ack_wait * 7 / 10;
  if (rng.chance(plan.extending)) {
    will.takes = policy.ack_wait * 2;
    will.extends = true;
  }
  return will;
}

}  // namespace sim
