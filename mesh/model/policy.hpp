// A group's policy, as its members bring it when they attach and as the publisher keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <journal/result.hpp>
#include <mesh/model/time.hpp>

namespace mesh {

/// Where a group begins when it is created. Ignored once the group exists.
struct Start {
  enum class Kind : std::uint8_t { earliest = 1, latest = 2, seq = 3, time = 4 };
  Kind kind = Kind::earliest;
  Seq seq = 0;        ///< Kind::seq: the first seq wanted (beyond the next event: the next)
  WallTime time = 0;  ///< Kind::time: events of that time and later
  auto operator<=>(const Start&) const = default;
};

/// What waits for an event that failed.
enum class Order : std::uint8_t {
  none = 0,  ///< nothing: later events of its key go on
  key = 1,   ///< later events of its key, until it is settled or parked, over restarts and moves too
};

/// What becomes of later events of a key, with Order::key, when one of it is parked.
enum class OnPark : std::uint8_t {
  go_on = 0,     ///< they go on
  park_key = 1,  ///< they are parked behind it (reason key_parked), and redriven in order
};

/// When a failed event comes again, when it is parked instead, and what waits for it meanwhile. All members
/// of a group should bring the same; the newest one's is the group's. But another order or on_park than that
/// of live members is refused (policy_mismatch) until they have left. Where the order changes to Order::key,
/// what already waits for its retry is still passed by later events of its key.
struct RetryPolicy {
  /// The delay before attempt 2, 3, ...; the last repeats. 1 to 32 entries of 0 to 30 days.
  std::vector<Duration> backoff{100ms, 1s, 5s, 30s, 2min};
  /// Each delay is varied by up to this share of it, both ways (0 to 1). Deterministic per event and attempt.
  double jitter = 0.2;
  /// The event is parked when this many attempts have failed (1 to 1000).
  std::uint32_t attempts_max = 5;
  /// A handler that runs longer than this, without extend(), costs an attempt (10 ms to 24 h).
  Duration ack_wait = 30s;
  Order order = Order::none;
  OnPark on_park = OnPark::go_on;  ///< other than go_on only with Order::key
  bool operator==(const RetryPolicy&) const = default;
};

inline constexpr std::size_t backoff_max = 32;
inline constexpr Duration delay_max = 30 * 24h;
inline constexpr Duration group_lease_min = 1s;  ///< of a lease that a group is given; see GroupCommand
inline constexpr Duration group_lease_max = 3650 * 24h;

/// Checks the bounds above. Error: invalid_argument, naming the field.
Result<void> check_policy(const RetryPolicy& policy);

/// Why an event was parked or an attempt failed. Closed set; values are on the wire and on disk.
enum class Reason : std::uint8_t {
  handler_rejected = 1,  ///< the handler returned park, or (as an attempt's reason) retry or threw
  retry_exhausted = 2,   ///< attempts_max attempts failed
  ack_timeout = 3,       ///< the handler ran past ack_wait
  consumer_crash = 4,    ///< the member vanished while it had the event in hand
  undecodable = 5,       ///< the member could not decode the event or its payload
  no_handler = 6,        ///< no handler of the consumer matches the topic
  key_parked = 7,  ///< an earlier event of its key is parked (OnPark::park_key); not an attempt's reason
};

inline constexpr Reason reason_last = Reason::key_parked;

std::string_view to_string(Reason reason);

/// One failed attempt, kept with the event until it is settled or discarded.
struct Attempt {
  std::uint32_t number = 0;
  WallTime at = 0;   ///< when it ended
  Duration took{0};  ///< how long the handler ran; 0 when nobody knows
  std::string member;
  Reason reason = Reason::handler_rejected;
  std::string text;  ///< the handler's words, at most 1 KiB
  bool operator==(const Attempt&) const = default;
};

inline constexpr std::size_t group_name_size_max = 100;
inline constexpr std::size_t member_name_size_max = 100;
inline constexpr std::size_t prefixes_max = 1024;
inline constexpr std::size_t attempt_text_max = 1024;
inline constexpr std::size_t attempt_history_max = 32;  ///< first and newest are kept beyond this

/// Group and member names: 1 to 100 bytes of letters, digits, `.`, `_`, `-`, `:`, `@`, `/`.
bool valid_name(std::string_view name);

}  // namespace mesh
