// Operators' requests to a publisher, and their answers, as values: what there is, what befell events, what
// shall become of parked events and of whole groups. They need no session. See messages.hpp for the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/model/policy.hpp>

namespace mesh {

inline constexpr std::size_t parked_list_max = 1000;    ///< events of ParkedList, seqs of ParkedDone
inline constexpr std::size_t parked_seqs_max = 10'000;  ///< seqs of a ParkedFilter
inline constexpr std::size_t fetched_ranges_max = 32;   ///< of GroupStatus
inline constexpr std::size_t incidents_told_max = 32;   ///< of GroupStatus

struct InfoRequest {
  std::uint64_t id = 0;
};

struct Info {
  std::uint64_t id = 0;
  Origin origin;
  std::string name;
  std::uint32_t incarnation = 1;
  std::string events;
  Seq head = 0;
  Seq dropped_through = 0;
  std::uint64_t journal_bytes = 0;
  std::uint32_t group_count = 0;
  std::uint32_t session_count = 0;
  std::string version;                  ///< of its software; empty: it does not tell (older than this field)
  WallTime time = 0;                    ///< its clock when it answered; 0: it does not tell
  std::uint64_t journal_bytes_max = 0;  ///< the journal's limit; 0: it does not tell
  /// Of journal_bytes, the segments that hold something owed, which may not be dropped to make room; at the
  /// limit publishing is refused.
  std::uint64_t journal_owed_bytes = 0;
  /// When that limit is reached if what is owed goes on growing as in the last minute; nothing: it does not
  /// grow, or is too new to tell.
  std::optional<Duration> journal_full_in;
};

struct GroupsRequest {
  std::uint64_t id = 0;
};

struct MemberStatus {
  std::string member;
  SlotMask slots = 0;
  Duration idle{0};       ///< since it was last heard of
  std::uint64_t lag = 0;  ///< seqs not settled in its slots; an upper bound of events
  bool operator==(const MemberStatus&) const = default;
};

/// Seqs that a member was answered by fetch, of these slots, at one time (to a second); the newest last.
struct FetchedRange {
  std::string member;
  SlotMask slots = 0;
  SeqRange seqs;
  WallTime at = 0;
  bool operator==(const FetchedRange&) const = default;
};

/// What befell an event that was not simply handled.
struct Incident {
  enum class What : std::uint8_t { retry = 1, parked = 2, redriven = 3, discarded = 4 };
  What what = What::retry;
  Seq seq = 0;
  std::uint32_t attempt = 0;     ///< retry: the one that comes; parked: how many were made; else 0
  std::optional<Reason> reason;  ///< of the failure or of the parking
  bool operator==(const Incident&) const = default;
};

struct GroupStatus {
  std::string group;
  std::vector<std::string> prefixes;
  Seq floor = 0;                ///< the lowest of its slots
  std::uint64_t lag = 0;        ///< seqs at or below head that are not settled; an upper bound of its events
  std::uint64_t in_flight = 0;  ///< redeliveries in members' hands
  std::uint64_t waiting = 0;    ///< events waiting for their retry
  std::uint64_t parked = 0;
  std::uint64_t expired = 0;      ///< seqs that retention took, since the group exists
  std::uint64_t retried = 0;      ///< failed attempts, since this run
  std::uint64_t redelivered = 0;  ///< redeliveries sent, since this run
  std::uint64_t stale = 0;        ///< stale acks, since this run
  Seq oldest_unsettled = 0;       ///< 0: nothing is unsettled
  std::optional<Duration> oldest_age;
  std::vector<MemberStatus> members;
  /// Which way events went out. Of those above fetched_after that were delivered, the ones in `fetched` went
  /// in answers to fetches, all others on the live stream; of those at or below it that are in none, it is
  /// not known (any more). Nothing: the publisher tells neither this nor incidents.
  std::optional<Seq> fetched_after;
  std::vector<FetchedRange> fetched;
  std::uint64_t incidents = 0;   ///< since this run
  std::vector<Incident> newest;  ///< incidents, the newest last
  bool paused = false;           ///< by an operator
  SlotMask reserved = 0;         ///< slots that wait for their owners of before the publisher's restart
  /// How long it may be without members before the journal keeps nothing for it; nothing: for ever.
  std::optional<Duration> lease;
  Duration unattended{0};  ///< how much of the lease has passed so; all of it: nothing is kept for it
  /// Of its policy; see RetryPolicy.
  Order order = Order::none;
  OnPark on_park = OnPark::go_on;
  std::uint32_t attempts_max = 0;  ///< 0: the publisher does not tell its policy
  /// At the journal's limit new events are refused rather than that it loses some that it has not settled.
  /// Also true of a publisher that does not tell (older than this field).
  bool owed = true;
  bool operator==(const GroupStatus&) const = default;
};

struct GroupList {
  std::uint64_t id = 0;
  Seq head = 0;
  std::vector<GroupStatus> groups;
};

/// Which parked events: these seqs, or all that match every given condition.
struct ParkedFilter {
  std::vector<Seq> seqs;
  std::string topic_prefix;
  std::optional<Reason> reason;
  std::optional<std::string> key;
  bool operator==(const ParkedFilter&) const = default;
};

struct ParkedListRequest {
  std::uint64_t id = 0;
  std::string group;
  ParkedFilter filter;
  Seq after = 0;              ///< continue a long list
  std::uint32_t limit = 100;  ///< at most 1000
};

struct ParkedEvent {
  Seq seq = 0;
  WallTime parked_at = 0;
  Reason reason = Reason::handler_rejected;
  std::uint32_t redrives = 0;
  std::vector<Attempt> attempts;
  Bytes record;  ///< the event, as in a batch
};

struct ParkedList {
  std::uint64_t id = 0;
  bool more = false;  ///< ask again with `after` = the last seq
  std::vector<ParkedEvent> events;
};

/// Redrive (deliver again with fresh attempts) or discard parked events.
struct ParkedCommand {
  enum class Kind : std::uint8_t { redrive = 1, discard = 2 };
  std::uint64_t id = 0;
  Kind kind = Kind::redrive;
  std::string group;
  ParkedFilter filter;
  bool dry_run = false;  ///< only count
};

struct ParkedDone {
  std::uint64_t id = 0;
  std::uint64_t count = 0;
  std::vector<Seq> seqs;  ///< the first 1000 of them
};

/// What shall become of a group as a whole. Repeating one does no harm.
struct GroupCommand {
  enum class Kind : std::uint8_t {
    pause = 1,   ///< nothing is given out; what members have in hand they settle and release
    resume = 2,  ///< the end of that
    rewind = 3,  ///< go on from `start`, back or forward; only a paused group that nobody has slots of
    remove = 4,  ///< with its retries and parked events; only a group without members
    lease = 5,   ///< it gets another, or none
  };
  std::uint64_t id = 0;
  Kind kind = Kind::pause;
  std::string group;
  Start start;                                   ///< rewind
  bool dry_run = false;                          ///< only tell what would be (in any state of the group)
  std::optional<Duration> lease = std::nullopt;  ///< lease: 1 s to 3650 days; nothing: none
};

struct GroupDone {
  std::uint64_t id = 0;
  Seq floor = 0;          ///< the lowest of its slots, afterwards
  std::uint64_t lag = 0;  ///< as in GroupStatus, afterwards
  std::uint64_t lag_before = 0;
  std::uint64_t retries = 0;  ///< dropped: settled by a rewind forward, or removed
  std::uint64_t parked = 0;   ///< removed
};

}  // namespace mesh
