// A group's events that failed and are not settled yet: when each is due, which are in a member's hands.
//
//   waiting --due--> reading --read, journaled--> flying --verdict--> gone | waiting | parking --> parked
//   behind (with Order::key: of an earlier event of its key) --that one is gone--> waiting
//
// An entry is in flight with attempt number attempts + 1. Only bookkeeping in here: who calls decides.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>

#include <mesh/core/publisher/key_lines.hpp>
#include <mesh/core/publisher/state_codec.hpp>

namespace mesh::core {

struct RetryEntry {
  /// `reading` and `fetching` are a waiting and a parking entry whose event is being read; not journaled.
  enum class State : std::uint8_t { waiting, behind, reading, flying, parking, fetching };
  State state = State::waiting;
  Slot slot = 0;
  KeyId key = 0;
  std::uint32_t attempts = 0;  ///< failed ones
  std::uint32_t redrives = 0;
  Duration due{0};  ///< steady; waiting
  WallTime due_wall = 0;
  Duration delay{0};
  std::optional<Reason> reason;  ///< parking: why
  bool copied = false;           ///< the journal's state has a copy of its record
  std::uint64_t sent_in = 0;     ///< flying: the batch of effects that it was sent in; see Desk
  Duration seen{0};              ///< flying: when it was sent, or last named by its member
  bool suspect = false;          ///< was in flight beside others when their member vanished; not journaled
  std::vector<Attempt> history;

  std::uint32_t attempt() const { return attempts + 1; }

  /// It has not failed: it is a suspect, or stands behind others of its key.
  bool fresh() const { return attempts == 0 && redrives == 0; }

  /// A member may have it in hand as exactly this attempt: also while it waits, when its member had been
  /// taken for gone and nothing was charged.
  bool in_hand(std::uint32_t number, std::uint32_t redriven) const {
    const bool parked = state == State::parking || state == State::fetching;
    return !parked && attempt() == number && redrives == redriven;
  }

  /// It may be what kills its member, so nothing else is in flight beside it.
  bool flies_alone() const {
    return suspect || (!history.empty() && history.back().reason == Reason::consumer_crash);
  }
};

class RetryStore {
 public:
  bool empty() const { return entries_.empty(); }

  std::size_t size() const { return entries_.size(); }

  RetryEntry* find(Seq seq);
  /// The entry, made if need be.
  RetryEntry& put(Seq seq, Slot slot, KeyId key);
  void erase(Seq seq);

  /// Every change of state goes through these.
  void wait(Seq seq, RetryEntry& entry, Duration due);
  void move(Seq seq, RetryEntry& entry, RetryEntry::State state);

  /// From now on events of one key wait for each other, or not. What waits in line besides entries is
  /// forgotten.
  void set_order(bool ordered);
  /// A seq that is no entry (any more) stands in its key's line, or leaves it.
  void line_up(KeyId key, Seq seq);
  void leave_line(KeyId key, Seq seq);

  const KeyLines& lines() const { return lines_; }

  /// Keys that nothing waits of any more, since the last call.
  std::vector<KeyId> take_freed() { return lines_.take_freed(); }

  /// An earlier event of its key is in line.
  bool is_behind(Seq seq, const RetryEntry& entry) const;

  /// A waiting or flying entry turned out to be of another slot.
  void move_slot(Seq seq, RetryEntry& entry, Slot slot);

  /// The first waiting entries of these slots that are due, at most `count`, in the order of (due, seq).
  std::vector<Seq> due(Duration now, SlotMask slots, std::size_t count) const;
  /// Those that may fly now to the member that has these slots: an entry that flies alone waits until nothing
  /// else of them flies, and the others wait for it.
  std::vector<Seq> may_fly(Duration now, SlotMask slots, std::size_t in_flight_max) const;
  std::optional<Duration> next_flight(SlotMask slots, std::size_t in_flight_max) const;

  const std::set<Seq>& flying() const { return flying_; }

  /// Of these slots.
  std::vector<Seq> flying(SlotMask slots) const;

  const std::set<Seq>& parking() const { return parking_; }

  /// Entries of these slots in a member's hands or on their way there.
  std::size_t in_flight(SlotMask slots) const;

  std::size_t fetching() const { return fetching_; }

  /// Entries that are not in flight.
  std::size_t waiting() const { return entries_.size() - flying_.size(); }

  Seq lowest() const { return entries_.empty() ? 0 : entries_.begin()->first; }

  /// The lowest seq whose event is only in the journal; 0: none.
  Seq lowest_uncopied() const;

  const std::map<Seq, RetryEntry>& entries() const { return entries_; }

 private:
  using Due = std::pair<Duration, Seq>;

  void list(Seq seq, RetryEntry& entry);
  void unlist(Seq seq, const RetryEntry& entry);
  void unlist_due(Slot slot, const Due& due);
  std::optional<Due> first_due(SlotMask slots) const;
  bool grounded(SlotMask slots, std::size_t in_flight_max) const;
  std::map<Seq, RetryEntry> entries_;
  std::map<Slot, std::set<Due>> due_;
  std::set<Seq> flying_;
  std::set<Seq> parking_;
  std::set<Seq> reading_;
  std::array<std::uint32_t, slot_count> aloft_{};  ///< flying and reading ones, per slot
  std::size_t fetching_ = 0;
  bool ordered_ = false;
  KeyLines lines_;
};

/// The entry as it is journaled.
RetryValue to_value(const RetryEntry& entry);

}  // namespace mesh::core
