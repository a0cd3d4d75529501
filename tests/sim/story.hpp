// The booking story: topics, keys and bodies of the events, and how each handler will treat each of them.
// An event is known by its number, which its payload carries; everything else about it follows from the
// number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <journal/batch.hpp>

#include "faults.hpp"
#include "rng.hpp"

namespace sim {

using EventNumber = std::uint32_t;

/// What a handler does with an event, the same each time it is asked.
struct Behaviour {
  enum class Kind : std::uint8_t { ack, retry, park, hang, kill, put_back };
  Kind kind = Kind::ack;    ///< what it does while `times` lasts; afterwards it acknowledges
  std::uint32_t times = 0;  ///< how many handlings go that way; forever: always
  Duration takes{0};
  bool extends = false;           ///< takes longer than ack_wait and calls extend() in between
  std::optional<Duration> delay;  ///< of its retries
  static constexpr std::uint32_t forever = 1'000'000;
};

class Story {
 public:
  struct Event {
    unsigned publisher = 0;
    std::string_view topic;
    std::optional<std::uint32_t> key;
    std::uint32_t payload_size = 8;
  };

  Story(const Scenario& scenario, Rng rng) : scenario_(scenario), rng_(rng) {}

  /// Invents the next event for that publisher.
  EventNumber next(unsigned publisher);

  std::size_t size() const { return events_.size(); }

  const Event& event(EventNumber number) const { return events_[number]; }

  std::string key_text(EventNumber number) const;

  /// The body; valid until the next call.
  mesh::ByteView payload(EventNumber number) const;
  /// The number in a payload; nothing when it holds none of ours.
  std::optional<EventNumber> number_of(mesh::ByteView payload) const;
  /// True when the decoded event is exactly the published one.
  bool matches(EventNumber number, const mesh::EventView& view) const;

  Behaviour behaviour(EventNumber number, unsigned group) const;

  /// How often that handler has misbehaved on that event so far.
  std::uint32_t& misdeeds(EventNumber number, unsigned group) { return misdeeds_[{number, group}]; }

 private:
  const Scenario& scenario_;
  Rng rng_;
  std::vector<Event> events_;
  std::map<std::pair<EventNumber, unsigned>, std::uint32_t> misdeeds_;
  mutable std::vector<std::byte> buffer_;
};

bool matches_any(const std::vector<std::string>& prefixes, std::string_view topic);

}  // namespace sim
