// The values of the publisher's state tables. MessagePack; every array has exactly the elements shown.
//
//   groups    name -> [1, [prefix*], policy, [owner*], [mark*], expired, unheard, created_at,
//             paused] and, with a lease, [..., lease_ns, unattended_ns]
//             policy  = [[backoff_ns*], jitter (float64), attempts_max, ack_wait_ns] and, with an order,
//                       [..., order (1 key), on_park (0 go on, 1 park the key)]
//             owner   = [epoch, member, instance (bin, 16 bytes), slots]: who was given which slots when;
//                       slots: bit mask, disjoint
//             mark    = [slots, seq]: events of these slots up to there may have been delivered before;
//                       disjoint, together all 64
//             expired = seqs that retention took since the group exists
//             unheard = [first, last] of what retention took and no member has heard of; [1, 0]: nothing
//   ledgers   name -> [1, [[slots, floor, [first, last, first, last, ...]]*]]      slots: bit mask, disjoint,
//             together all 64; ranges above the floor, ascending, not touching, at most 65,536 (the highest
//             are left out beyond that: settled less is safe)
//   retries   name 0x00 seq -> [1, state, attempts, redrives, due (wall), delay_ns, reason, copied, history,
//             slot, key?]
//             state    = 1 waiting | 2 in flight (attempt number attempts + 1) | 3 to be parked for `reason`
//             |
//                        4 behind an earlier event of its key (not handled yet, or redriven)
//             key      = XXH3-64 of the event's key (64 where that is 0); left out without one
//             attempts = failed attempts; reason = 0 but in state 3; due and delay count in state 1
//             copied   = true: the event's record is in the entry with the key ... seq 0x01
//             history  = [[number, at (wall), took_ns, member, reason, text]*]
//   retries   name 0x00 seq 0x01 -> a sealed batch of one record (of a redriven event, which retention may
//   drop) parked    name 0x00 seq -> [1, parked_at (wall), reason, redrives, history, batch (bin: sealed, one
//   record)] audit     number -> [1, what (1 discard, 2 rewind, 3 remove), group, seq, at (wall)]
//
// seq and number in keys: 8 bytes, big-endian. Decoding is strict and bounded; what does not fit is
// journal_damaged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <journal/batch.hpp>
#include <mesh/core/publisher/owners.hpp>
#include <mesh/model/ledger.hpp>
#include <mesh/model/policy.hpp>

namespace mesh::core {

struct GroupValue {
  std::vector<std::string> prefixes;  ///< none: every topic; normal form, see group.hpp
  RetryPolicy policy;
  Owners owners;
  Ledger marks;  ///< its floors: events up to there may have been delivered before
  std::uint64_t expired = 0;
  SeqRange unheard;
  WallTime created_at = 0;
  bool paused = false;  ///< by an operator: nobody gets its slots
  std::optional<Duration> lease;
  Duration unattended{0};  ///< with a lease: how much of it has passed without members; see group_lease.hpp
  bool operator==(const GroupValue&) const = default;
};

struct RetryValue {
  enum class State : std::uint8_t { waiting = 1, flying = 2, parking = 3, behind = 4 };
  State state = State::waiting;
  Slot slot = 0;
  std::uint32_t attempts = 0;
  std::uint32_t redrives = 0;
  WallTime due = 0;
  Duration delay{0};
  std::optional<Reason> reason;
  bool copied = false;
  std::vector<Attempt> history;
  KeyId key = 0;
  bool operator==(const RetryValue&) const = default;
};

struct ParkedValue {
  WallTime parked_at = 0;
  Reason reason = Reason::handler_rejected;
  std::uint32_t redrives = 0;
  std::vector<Attempt> history;
  Bytes batch;  ///< of one record
};

struct AuditValue {
  enum class What : std::uint8_t { discard = 1, rewind = 2, remove = 3 };
  What what = What::discard;
  std::string group;
  Seq seq = 0;
  WallTime at = 0;
};

std::string encode_group(const GroupValue& value);
Result<GroupValue> decode_group(std::string_view bytes);

std::string encode_ledger(const Ledger& ledger);
Result<Ledger> decode_ledger(std::string_view bytes);

std::string encode_retry(const RetryValue& value);
Result<RetryValue> decode_retry(std::string_view bytes);

std::string encode_parked(const ParkedValue& value);
/// Its batch is verified too.
Result<ParkedValue> decode_parked_value(std::string_view bytes);

std::string encode_audit(const AuditValue& value);
Result<AuditValue> decode_audit(std::string_view bytes);

/// Keys of retries and parked.
std::string event_key(std::string_view group, Seq seq);
std::string copy_key(std::string_view group, Seq seq);
std::string number_key(std::uint64_t number);

struct EventKey {
  std::string_view group;
  Seq seq = 0;
  bool copy = false;
};

Result<EventKey> parse_event_key(std::string_view key);
Result<std::uint64_t> parse_number_key(std::string_view key);

}  // namespace mesh::core
