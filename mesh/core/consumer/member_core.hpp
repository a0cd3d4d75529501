// The consumer's side towards one publisher, as a pure state machine: attach, catch up by fetch, merge with
// the live stream, detect gaps exactly, account for what is settled, report it, survive reconnects.
//
//             Welcome                 fetch covers the first held chain
//   attaching -------> catching_up ------------------------------------> live
//       ^                  ^  ^                                            |
//       |  unknown session |  '------ gap, hold overflow, full queue ------'
//       '---- lease, stale-'
//   any state --close--> leaving (drain, Detach) --> left
//
// No sockets, threads, clock or randomness. Not thread safe: one thread owns it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>
#include <mesh/model/messages.hpp>
#include <mesh/model/notice.hpp>

namespace mesh::core {

struct MemberSettings {
  LinkId link = 0;
  std::string group;  ///< empty: only watch; nothing is acknowledged
  std::string member;
  std::array<std::uint8_t, 16> instance{};
  std::vector<std::string> prefixes;  ///< none: every topic
  Start start;
  RetryPolicy policy;
  std::size_t window_events = 65'536;  ///< delivered and unsettled, at most; beyond it nothing is taken on
  std::size_t window_bytes = 32u << 20;
  std::size_t hold_bytes = 8u << 20;  ///< live messages held while catching up
  std::uint32_t fetch_credit = 1u << 20;
  Duration request_timeout = 1s;  ///< an unanswered Hello, Fetch or Detach is repeated after this
  Duration ack_interval = 5ms;    ///< settled ranges are reported at the latest after this
  Duration silence = 4s;          ///< no sign of life on the live path for this long: fetch, and reconnect it
  bool use_live = true;           ///< false: fetch alone (complete and correct, a little slower)
  std::string endpoint;           ///< the publisher's, for people
};

/// What the core wants done; carried out in this order.
struct MemberEffects {
  /// Connect the SUB socket to this endpoint and subscribe the prefixes (replacing an earlier connection).
  std::optional<std::string> connect_events;
  /// The SUB socket: subscribe the prefixes again, or (false) unsubscribe them: what comes would only be
  /// dropped.
  std::optional<bool> listen;
  std::vector<ControlMessage> control;
  /// For the dispatcher, in order, after `drop_before_generation` and before `deliveries`.
  std::vector<KeyChange> keys;
  std::vector<Delivery> deliveries;  ///< all of the newest generation
  /// Queued deliveries of earlier generations are void: drop what has not started.
  std::optional<std::uint32_t> drop_before_generation;
  /// Deliveries of these slots are void where they have not started, and it is to be told (a completion with
  /// `drained`) when nothing of them runs any more. Before `deliveries`.
  SlotMask drain = 0;
  bool reconnect_control = false;  ///< the publisher does not answer: disconnect() and connect() the DEALER
  bool left = false;               ///< detached; the link is done
  std::vector<Notice> notices;
};

struct MemberCounters {
  std::uint64_t received = 0;  ///< events delivered to the dispatcher
  std::uint64_t received_bytes = 0;
  std::uint64_t live = 0;         ///< of them by the live path
  std::uint64_t fetched = 0;      ///< of them by fetch
  std::uint64_t redelivered = 0;  ///< of them out of the retry store
  std::uint64_t settled = 0;      ///< acknowledged by range, in events
  std::uint64_t retried = 0;
  std::uint64_t parked = 0;
  std::uint64_t gaps = 0;        ///< losses on the live path that a chain revealed
  std::uint64_t demotions = 0;   ///< live -> catching_up because hold or window was full
  std::uint64_t duplicates = 0;  ///< events that came twice and were dropped
  std::uint64_t expired = 0;     ///< seqs that retention took
  std::uint64_t stale = 0;
  std::uint64_t undecodable = 0;  ///< messages or batches that did not decode or verify
};

class MemberCore {
 public:
  enum class Phase : std::uint8_t { attaching, catching_up, live, leaving, left };

  explicit MemberCore(MemberSettings settings);
  ~MemberCore();

  // ---- inputs ----
  void on_start(Now now);
  void on_control(ControlMessage message, Now now);
  /// A message of the live stream, decoded but for its batch's records.
  void on_live(LiveMessage message, Now now);
  /// True: nothing more can be taken for a moment, so leave the live stream unread and ask again after the
  /// next completions, or after half a second. (Reading on is right, too: then it is given up for fetches.)
  bool live_waits(Now now);
  /// A frame that did not decode or verify.
  void on_undecodable(std::string_view what, Now now);
  /// What a delivery came to; also of dropped ones. Every delivery is to be accounted for by exactly one
  /// completion that is not `late` (a timed-out one may have a late one besides); those of older generations
  /// are ignored. Closing waits for this.
  void on_completion(const Completion& completion, Now now);
  /// The dispatcher has room again or is idle: what it has queued for all links. Taking events stops while
  /// this is above the window, so it must be told again once it is less.
  void on_queue(std::size_t queued_events, std::size_t queued_bytes, Now now);
  /// May be called at any time, and at next_deadline() at the latest. A pause of more than a second between
  /// any two inputs means that this process stood still: what was waited for is given the same time again.
  void on_time(Now now);
  /// Stop taking events. With everything in hand settled it detaches; `abandon` detaches without waiting.
  void on_close(bool abandon, Now now);

  // ---- outputs ----
  void take_effects(MemberEffects& effects);
  std::optional<Duration> next_deadline() const;

  // ---- getters ----
  Phase phase() const;
  std::optional<Origin> origin() const;
  std::string publisher_name() const;
  Seq position() const;    ///< everything matching up to here was received
  SlotMask slots() const;  ///< that it works on
  std::uint32_t generation() const;
  Seq head() const;  ///< the publisher's, as last heard
  /// Attached, and nothing is known to be missing: the newest fetch reached the head, and since then the live
  /// stream (or the next fetches) had no gap.
  bool caught_up() const;
  const std::optional<Error>& last_error() const;  ///< of the newest Refused; nothing once attached
  const MemberCounters& counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mesh::core
