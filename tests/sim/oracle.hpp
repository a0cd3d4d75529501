// What the checker knows, gathered outside of the system under test: every committed event, and what each
// group has done with it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <mesh/model/messages.hpp>

#include "story.hpp"

namespace sim {

/// One incarnation of a consumer process. 0: none.
using ProcessId = std::uint32_t;

/// A committed event in one publisher's journal.
struct Committed {
  mesh::Seq seq = 0;
  EventNumber number = 0;
  mesh::WallTime time = 0;
  mesh::Slot slot = 0;
  bool confirmed = false;
  bool lost = false;     ///< a power loss under `os` took it
  bool dropped = false;  ///< retention took it
};

/// What one group has done with one committed event.
struct Entry {
  static constexpr std::int32_t none = -1;
  bool matches = false;            ///< the group's prefixes want it
  std::int32_t key_before = none;  ///< the matching event of the same key before it
  std::uint16_t started = 0;       ///< handlings begun
  std::uint16_t acked = 0;         ///< handlings that returned ack, since the last redrive
  std::uint16_t running = 0;       ///< handlings under way in living processes
  std::uint16_t failures = 0;      ///< handlings that failed, or overran, in all
  std::uint16_t recorded = 0;      ///< of them those that the publisher has written down
  std::uint16_t crashes = 0;       ///< attempts it has written down as ended by a vanished process
  std::uint16_t history = 0;       ///< attempts it has written down, in all
  std::uint16_t failed = 0;        ///< attempts it has written down since the last redrive
  bool flying = false;             ///< on disk: in somebody's hands
  bool chargeable = false;         ///< whoever had it in hand, and nothing beside it, has vanished
  std::uint32_t attempt = 0;       ///< of the newest counted redelivery begun, since the last redrive
  std::uint32_t redrives = 0;      ///< as seen by handlers
  std::uint32_t redriven = 0;      ///< as seen on disk
  ProcessId process = 0;           ///< that began the newest handling
  ProcessId sent_to = 0;           ///< that the newest Deliver was sent to
  bool may_repeat = false;         ///< there is a reason to handle it once more
  bool cut_short = false;   ///< its process vanished and it was not charged: the same attempt may come again
  bool park_asked = false;  ///< its handler returned park
  bool put_back = false;    ///< its newest handling says that it did nothing
  bool in_retry = false;    ///< in the retry table, on disk
  bool retried = false;     ///< was there once
  bool parked = false;      ///< in the parking lot, on disk
  bool discarded = false;
  bool handled = false;         ///< acknowledged once
  bool let_go = false;          ///< was parked once
  bool renewed = false;         ///< owed anew by a rewind: what was kept over it does not wait for this
  bool kept = false;            ///< over a rewind, as a retry or parked
  bool settled_before = false;  ///< a rewind; who lived then may still say that it is settled
  bool expired = false;         ///< dropped by retention before the group had settled it
};

struct GroupLog {
  bool exists = false;  ///< its definition is on disk
  bool start_known = false;
  bool lapsed = false;  ///< its lease, as the publisher has said
  bool lapsed_on_disk = false;
  mesh::Seq unowed_through = 0;       ///< retention was asked to take them while it was
  std::optional<mesh::Seq> asked_at;  ///< the head when it was first asked for, in this run of the publisher
  mesh::Seq start_after = 0;          ///< events at or below it are not the group's
  mesh::Seq floor_checked = 0;        ///< floors up to here were found right
  mesh::Seq floor_durable = 0;        ///< on disk
  std::uint64_t expired = 0;          ///< unsettled events that the floor passed by an explicit policy
  std::vector<Entry> entries;         ///< beside PublisherLog::events
  std::map<std::uint32_t, std::int32_t> newest_of_key;
  std::array<ProcessId, mesh::slot_count> holders{};  ///< 0: nobody; as the publisher has said and read
  mesh::SlotMask loose = 0;  ///< their holders have said that they have nothing of them in hand
  std::array<mesh::Epoch, mesh::slot_count> held_since{};  ///< the epoch under which the holder was given it
  std::array<ProcessId, mesh::slot_count> released_by{};   ///< whose Release was read and not answered yet
  mesh::SlotMask releasing = 0;                            ///< it was read in this turn
};

struct PublisherLog {
  std::vector<Committed> events;  ///< ascending
  std::vector<GroupLog> groups;
  mesh::Seq dropped_through = 0;
  mesh::Seq dropping_through = 0;

  /// Index of the first event with a seq above this one.
  std::size_t after(mesh::Seq seq) const {
    return static_cast<std::size_t>(
        std::upper_bound(events.begin(), events.end(), seq,
                         [](mesh::Seq value, const Committed& event) { return value < event.seq; }) -
        events.begin());
  }

  std::optional<std::size_t> find(mesh::Seq seq) const {
    const auto index = seq == 0 ? 0 : after(seq - 1);
    if (index < events.size() && events[index].seq == seq) return index;
    return std::nullopt;
  }
};

/// Counts of a run, for the summary.
struct Tally {
  std::uint64_t seeds = 0, steps = 0, events = 0, confirmed = 0, refused = 0, handlings = 0, duplicates = 0;
  std::uint64_t retries = 0, parked = 0, expired = 0, lost = 0, publisher_crashes = 0, member_crashes = 0;
  std::uint64_t power_losses = 0, cuts = 0, stops = 0, gaps = 0, control_messages = 0, live_messages = 0;
  std::uint64_t redriven = 0, discarded = 0, rewinds = 0, moves = 0, lapses = 0;

  template <class Visit>
  static void each(Visit&& visit) {
    visit("seeds", &Tally::seeds), visit("steps", &Tally::steps), visit("events", &Tally::events);
    visit("confirmed", &Tally::confirmed), visit("refused", &Tally::refused);
    visit("handled", &Tally::handlings), visit("duplicates", &Tally::duplicates);
    visit("retried", &Tally::retries), visit("parked", &Tally::parked), visit("redriven", &Tally::redriven);
    visit("discarded", &Tally::discarded), visit("expired", &Tally::expired),
        visit("rewinds", &Tally::rewinds);
    visit("lost with power", &Tally::lost), visit("publisher crashes", &Tally::publisher_crashes);
    visit("member crashes", &Tally::member_crashes), visit("power losses", &Tally::power_losses);
    visit("leases lapsed", &Tally::lapses), visit("slots moved", &Tally::moves), visit("cuts", &Tally::cuts),
        visit("stops", &Tally::stops), visit("gaps", &Tally::gaps);
    visit("control messages", &Tally::control_messages), visit("live messages", &Tally::live_messages);
  }
};

}  // namespace sim
