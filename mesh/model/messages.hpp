// The control messages between a member (DEALER) and a publisher (ROUTER), as values. wire/ turns them
// into bytes and back; core/ decides about them. PROTOCOL.md explains the conversation.
//
// Any message may be lost (a reconnect drops what was in flight), come twice or come late. So requests are
// repeated until they are answered, and every answer may be repeated without harm.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/model/policy.hpp>

namespace mesh {

inline constexpr std::uint8_t protocol_version = 1;

/// Bounds of what one message may hold; a receiver refuses more (error protocol), so a sender keeps to them.
inline constexpr std::size_t verdicts_max = 1024;
inline constexpr std::size_t held_max = 1024;
/// Ranges of all its ledgers together. The encoder leaves the highest out beyond this: settled less is safe.
inline constexpr std::size_t ranges_max = 32'768;
inline constexpr std::size_t batches_max = 4096;        ///< of Events or Deliver
inline constexpr std::size_t redeliveries_max = 4096;   ///< of Deliver
inline constexpr std::size_t parked_list_max = 1000;    ///< events of ParkedList, seqs of ParkedDone
inline constexpr std::size_t parked_seqs_max = 10'000;  ///< seqs of a ParkedFilter
inline constexpr std::size_t fetched_ranges_max = 32;   ///< of GroupStatus
inline constexpr std::size_t incidents_told_max = 32;   ///< of GroupStatus
inline constexpr std::size_t publisher_name_size_max = 255;
inline constexpr std::size_t version_size_max = 64;
inline constexpr std::size_t endpoint_size_max = 512;

/// Names an attachment of a member; given by the publisher in Welcome. 0 = none.
using SessionId = std::uint64_t;
/// Names an assignment of slots; grows whenever one changes, also over restarts: run << 32 | count.
using Epoch = std::uint64_t;

/// What is settled, for a set of slots.
struct SlotLedger {
  SlotMask slots = all_slots;
  Seq floor = 0;
  std::vector<SeqRange> above;
  bool operator==(const SlotLedger&) const = default;
};

/// A redelivered event in a member's hands.
struct HeldEvent {
  Seq seq = 0;
  std::uint32_t attempt = 0;
  std::uint32_t redrives = 0;
  auto operator<=>(const HeldEvent&) const = default;
};

// ---- member to publisher -------------------------------------------------------------------------------

/// What a member brings from an earlier attachment, so that it can go on without duplicates.
struct Resume {
  Epoch epoch = 0;
  SlotLedger settled;           ///< all it has settled under that epoch
  std::vector<HeldEvent> held;  ///< redeliveries in hand
};

/// Attach to a group, or, with an empty group, only watch. Repeated until Welcome or Refused comes.
struct Hello {
  std::uint64_t id = 0;  ///< echoed in the answer
  std::string group;     ///< empty: a watcher, which settles nothing and is in no group
  std::string member;
  std::array<std::uint8_t, 16>
      instance{};  ///< random, one per consumer object: tells a restart from a reconnect
  std::vector<std::string> prefixes;
  Start start;
  RetryPolicy policy;
  std::optional<Resume> resume;
};

/// "Events after `after`, please": the truth. One may be outstanding per session.
struct Fetch {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  Seq after = 0;
  std::uint32_t credit = 1 << 20;  ///< bytes of batches wanted at most (at least one event is sent)
  bool wait = false;               ///< at the head: answer when something comes, or after about a second
};

/// The outcome of one event that was not simply handled, or of a redelivered event.
struct Verdict {
  enum class Kind : std::uint8_t {
    ack = 1,  ///< settles a redelivered event (attempt > 1 or redriven), or late, one that had timed out
    retry = 2,
    park = 3,
  };
  Kind kind = Kind::ack;
  Seq seq = 0;
  std::uint32_t attempt = 1;
  std::uint32_t redrives = 0;  ///< of the delivery it is about: (seq, redrives, attempt) names one attempt
  Reason reason = Reason::handler_rejected;
  std::string text;
  std::optional<Duration> delay;  ///< retry: instead of the backoff's
  Duration took{0};
  bool operator==(const Verdict&) const = default;
};

/// A member's report and sign of life. Cumulative: `settled` is all it has settled since Welcome, so a lost
/// Ack costs nothing. Seqs with a verdict are not in `settled` until the verdict was answered.
struct Ack {
  SessionId session = 0;
  std::uint64_t id = 0;  ///< ascending per session
  Epoch epoch = 0;
  SlotLedger settled;
  std::vector<Verdict> verdicts;  ///< repeated until an Acked with an id at or above comes
  std::vector<HeldEvent> held;    ///< redeliveries in hand; what is not named is sent again
};

/// Leave in an orderly way, after everything in hand was settled or dropped. Nothing unsettled is charged or
/// marked. Repeated until Detached.
struct Detach {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  SlotLedger settled;
  std::vector<Verdict> verdicts;
  bool untouched = true;  ///< false: handlers were abandoned, so what is unsettled is marked redelivered
};

// ---- publisher to member -------------------------------------------------------------------------------

struct Welcome {
  std::uint64_t id = 0;
  SessionId session = 0;
  Origin origin;
  std::string name;  ///< the publisher's
  std::uint32_t incarnation = 1;
  std::string events;  ///< endpoint of the live stream; a wildcard host means the control endpoint's
  Seq head = 0;
  Duration lease{0};  ///< silence longer than this loses the slots
  Epoch epoch = 0;
  SlotMask slots = 0;    ///< none: another member has them; wait for a Grant
  bool resumed = false;  ///< nobody else had the slots since the Resume: what is in hand stays valid
  Seq position = 0;      ///< fetch from here: the lowest floor of the slots (watcher: by start)
  std::vector<SlotLedger> settled;
  Seq redelivered_through = 0;  ///< events at or below it may have been delivered before
};

/// Slots given to an attached member later on (its epoch replaces the earlier one).
struct Grant {
  SessionId session = 0;
  Epoch epoch = 0;
  SlotMask slots = 0;
  Seq position = 0;
  std::vector<SlotLedger> settled;
  Seq redelivered_through = 0;
};

/// Answer to Fetch: every event of the group and slots in (after, through] that was not settled is in
/// `batches`.
struct Events {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  Seq after = 0;
  Seq through = 0;
  Seq head = 0;  ///< through == head: caught up at the time of answering
  Seq redelivered_through = 0;
  std::optional<SeqRange>
      expired;  ///< seqs of (after, through] that retention took before the group had settled
  std::vector<Batch> batches;
};

/// Redelivered events; each carries the number of the attempt that this is.
struct Redelivery {
  Seq seq = 0;
  std::uint32_t attempt = 0;
  std::uint32_t redrives = 0;  ///< how often an operator has put it back
  bool operator==(const Redelivery&) const = default;
};

struct Deliver {
  SessionId session = 0;
  Epoch epoch = 0;
  std::vector<Redelivery> items;  ///< one per record of `batches`, in the same order
  std::vector<Batch> batches;
};

struct Acked {
  SessionId session = 0;
  std::uint64_t id = 0;
  bool stale = false;  ///< the epoch has passed; nothing was taken; attach again
  Seq head = 0;
};

struct Detached {
  SessionId session = 0;
  std::uint64_t id = 0;
};

/// A request that was not carried out.
struct Refused {
  std::uint64_t id = 0;
  SessionId session = 0;
  Errc code = Errc::protocol;
  std::string text;
};

// ---- operators' requests (no session) and their answers --------------------------------------------------

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
  std::string version;                   ///< of its software; empty: it does not tell (older than this field)
  WallTime time = 0;                     ///< its clock when it answered; 0: it does not tell
  std::uint64_t journal_bytes_max = 0;   ///< the journal's limit; 0: it does not tell
  std::uint64_t journal_owed_bytes = 0;  ///< of journal_bytes, what may not be dropped to make room; at the
                                         ///< limit publishing is refused
};

struct GroupsRequest {
  std::uint64_t id = 0;
};

struct MemberStatus {
  std::string member;
  SlotMask slots = 0;
  Duration idle{0};  ///< since it was last heard of
  bool operator==(const MemberStatus&) const = default;
};

/// Seqs that a member was answered by fetch, at one time (to a second); the newest last.
struct FetchedRange {
  std::string member;
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

using ControlMessage = std::variant<Hello, Fetch, Ack, Detach, Welcome, Grant, Events, Deliver, Acked,
                                    Detached, Refused, InfoRequest, Info, GroupsRequest, GroupList,
                                    ParkedListRequest, ParkedList, ParkedCommand, ParkedDone>;

// ---- the live stream
// ---------------------------------------------------------------------------------------

/// For one active prefix S of frame 0: the last seq that was sent under S before this batch.
struct Chain {
  std::uint16_t length = 0;  ///< of S, which is that much of frame 0
  Seq previous = 0;
  bool operator==(const Chain&) const = default;
};

/// A message of the PUB socket: frame 0 is the prefix, frame 1 the header (these fields), frame 2 the batch.
struct LiveMessage {
  std::string prefix;  ///< frame 0: the longest active prefix of all its events
  Origin origin;
  std::uint32_t incarnation = 1;
  Seq first = 0;  ///< of the journaled batch that this is (a part of)
  Seq last = 0;
  Seq head = 0;               ///< heartbeat: everything up to head is covered by the chains
  std::vector<Chain> chains;  ///< ascending by length
  /// The other frame-0 prefixes of the same journaled batch; nothing: more than can be named
  /// (companions_max), so members with several prefixes fetch this batch.
  std::optional<std::vector<std::string>> companions;
  std::optional<Batch> batch;  ///< none: a heartbeat
};

inline constexpr std::size_t companions_max = 64;

}  // namespace mesh
