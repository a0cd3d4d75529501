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
#include <mesh/model/operator_messages.hpp>
#include <mesh/model/policy.hpp>

namespace mesh {

inline constexpr std::uint8_t protocol_version = 1;

/// Bounds of what one message may hold; a receiver refuses more (error protocol), so a sender keeps to them.
inline constexpr std::size_t verdicts_max = 1024;
inline constexpr std::size_t held_max = 1024;
/// Ranges of all its ledgers together. The encoder leaves the highest out beyond this: settled less is safe.
inline constexpr std::size_t ranges_max = 32'768;
/// Blocked keys of one group; a message may tell of some more, which crashes have added.
inline constexpr std::size_t blocked_keys_max = 8192;
inline constexpr std::size_t blocked_keys_told_max = 12'288;
inline constexpr std::size_t batches_max = 4096;       ///< of Events or Deliver
inline constexpr std::size_t redeliveries_max = 4096;  ///< of Deliver
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
  SlotMask slots = 0;               ///< it works on; given slots that are not among them it has released
  std::vector<SlotLedger> settled;  ///< all it has settled, also of slots whose Release was not answered
  std::vector<HeldEvent> held;      ///< redeliveries in hand
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

/// "Events of these slots after `after`, please": the truth. One may be outstanding per session.
struct Fetch {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  Seq after = 0;
  Seq upto = 0;                    ///< nothing beyond it is wanted; 0: up to the head
  SlotMask slots = 0;              ///< of the session's: these (a watcher: all)
  std::uint32_t credit = 1 << 20;  ///< bytes of batches wanted at most (at least one event is sent)
  bool wait = false;               ///< at the head: answer when something comes, or after about a second
};

/// The outcome of one event that was not simply handled, or of a redelivered event.
struct Verdict {
  enum class Kind : std::uint8_t {
    ack = 1,  ///< settles a redelivered event (attempt > 1 or redriven), or late, one that had timed out
    retry = 2,
    park = 3,
    behind = 4,  ///< not handled: an earlier event of its key waits (Order::key), or it was put back
  };
  Kind kind = Kind::ack;
  Seq seq = 0;
  std::uint32_t attempt = 1;
  std::uint32_t redrives = 0;  ///< of the delivery it is about: (seq, redrives, attempt) names one attempt
  Reason reason = Reason::handler_rejected;
  std::string text;
  std::optional<Duration> delay;  ///< retry: instead of the backoff's
  Duration took{0};
  Slot slot = 0;  ///< the event's
  KeyId key = 0;  ///< the event's; told with Order::key
  bool operator==(const Verdict&) const = default;
};

/// A member's report and sign of life. Cumulative: `settled` is all it has settled since Welcome, so a lost
/// Ack costs nothing. Seqs with a verdict are not in `settled` until the verdict was answered.
struct Ack {
  SessionId session = 0;
  std::uint64_t id = 0;  ///< ascending per session
  Epoch epoch = 0;
  std::vector<SlotLedger> settled;
  std::vector<Verdict> verdicts;  ///< repeated until an Acked with an id at or above comes
  std::vector<HeldEvent> held;    ///< redeliveries in hand; what is not named is sent again
};

/// These slots, which a Grant asked back, are the publisher's again: nothing of them is in hand any more, and
/// no verdict on them is unanswered. Repeated until Released.
struct Release {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  SlotMask slots = 0;
  std::vector<SlotLedger> settled;  ///< of these slots
};

/// Leave in an orderly way, after everything in hand was settled or dropped. Nothing unsettled is charged or
/// marked. Repeated until Detached.
struct Detach {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  std::vector<SlotLedger> settled;
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
  Duration lease{0};     ///< silence longer than this loses the slots
  Epoch epoch = 0;       ///< of the session's assignment; a Grant's replaces it
  SlotMask slots = 0;    ///< the session's; none: others have them, so wait for a Grant
  SlotMask release = 0;  ///< of them: to be given back, see Release
  bool resumed = false;  ///< all slots of the Resume are still the member's: what is in hand stays valid
  Seq position = 0;      ///< of the slots that are new to the member: fetch from here (watcher: by start)
  std::vector<SlotLedger> settled;  ///< of those slots
  Seq redelivered_through = 0;      ///< events of those slots at or below it may have been delivered before
  std::vector<KeyId> blocked;       ///< with Order::key: keys of all its slots of which an event waits
};

/// The slots of an attached member have changed: some are new to it, some are asked back. Tells all, so that
/// the newest is enough. Repeated while the member says that it knows an earlier epoch only.
struct Grant {
  SessionId session = 0;
  Seq head = 0;
  Epoch epoch = 0;
  SlotMask slots = 0;               ///< all that the session has
  SlotMask release = 0;             ///< of them: to be given back, see Release
  Seq position = 0;                 ///< of those that may be new to the member: fetch from here
  std::vector<SlotLedger> settled;  ///< of those slots
  Seq redelivered_through = 0;      ///< of those slots
  std::vector<KeyId> blocked;       ///< with Order::key: keys of those slots of which an event waits
};

/// Answer to Fetch: every event of the group and slots in (after, through] that was not settled is in
/// `batches`.
struct Events {
  SessionId session = 0;
  std::uint64_t id = 0;
  Epoch epoch = 0;
  SlotMask slots = 0;  ///< as asked for
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

/// With Order::key: no event of these keys waits any more, so what comes of them is to be handled again. Not
/// repeated: a member that did not hear it tells of the next one as `behind`, and hears it then.
struct Unblock {
  SessionId session = 0;
  Epoch epoch = 0;            ///< counts under this one only
  std::uint64_t through = 0;  ///< Acks up to this one were taken before; of a later verdict it says nothing
  std::vector<KeyId> keys;
};

/// Answer to Release.
struct Released {
  SessionId session = 0;
  std::uint64_t id = 0;
  SlotMask slots = 0;  ///< of those named: no longer the session's
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

using ControlMessage =
    std::variant<Hello, Fetch, Ack, Release, Detach, Welcome, Grant, Events, Deliver, Acked, Unblock,
                 Released, Detached, Refused, InfoRequest, Info, GroupsRequest, GroupList, ParkedListRequest,
                 ParkedList, ParkedCommand, ParkedDone, GroupCommand, GroupDone>;

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
