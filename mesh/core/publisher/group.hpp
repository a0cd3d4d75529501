// A group as the publisher keeps it: what it wants, what it has settled, what failed.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>

#include <mesh/core/publisher/assignment.hpp>
#include <mesh/core/publisher/fetched_book.hpp>
#include <mesh/core/publisher/retry_store.hpp>
#include <mesh/core/publisher/slot_load.hpp>
#include <mesh/model/ledger.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::core {

/// What operators' filters look at, of one parked event; the rest of it is read when it is wanted.
struct ParkedIndex {
  Reason reason = Reason::handler_rejected;
  std::uint32_t redrives = 0;
  std::size_t size = 0;  ///< of the entry, in bytes
  std::string topic;
  std::optional<std::string> key;
  Slot slot = 0;
  bool leaving = false;  ///< a redrive of it is under way
};

/// Suspects of a member's end; see isolation.hpp. Not journaled: after a restart it begins anew when need be.
struct Isolation {
  bool active = false;
  SlotMask slots = 0;     ///< kept apart: nothing but suspects is given out of them
  SlotMask lost = 0;      ///< those of members that are gone: what is unsettled in them is a suspect
  SessionId keeper = 0;   ///< the member that gets the suspects, and nothing else; 0: not chosen
  Duration patience{0};   ///< when it has not got rid of what else it had by then, they fly all the same
  bool hurry = false;     ///< that time is over
  Seq cursor = 0;         ///< suspects up to here are in the retry store, or settled
  Seq through = 0;        ///< the last suspect
  std::size_t left = 0;   ///< suspects that may still be taken
  std::size_t width = 0;  ///< of the newest flight
  std::set<Seq> flight;   ///< suspects in the retry store
  bool reading = false;
  std::uint64_t round = 0;  ///< reads of an earlier one are void
};

struct Group {
  std::string name;
  std::uint64_t serial = 0;  ///< order of creation or restore; a stable order for timers
  GroupValue value;
  Ledger ledger;
  RetryStore retries;
  std::map<Seq, ParkedIndex> parked;
  KeyLines parked_lines;  ///< those that hold up their keys; see key_order.hpp
  Assignment assignment;
  FetchedBook fetched;

  bool value_dirty = false;
  bool ledger_dirty = false;
  Duration flush_at{0};  ///< when ledger_dirty
  Seq ceiling = 0;       ///< the highest seq its ledger had at restore; above the head when the tail was lost
  SlotMask reserved = 0;                ///< they wait for their owners of the last run
  std::optional<Duration> claim_until;  ///< for so long
  bool unbalanced = false;  ///< members, slots or terms have changed since the last look at the shares
  SlotLoad load;
  std::optional<Duration>
      alone_from;     ///< with a lease: since when it has no members, beyond value.unattended
  Duration moved{0};  ///< when slots were last given or asked back, or could have been exchanged
  Isolation isolation;
  Duration read_again{0};  ///< after a failed read, no other before this

  std::uint64_t incidents = 0;
  std::deque<Incident> newest;  ///< incidents, at most incidents_told_max

  std::uint64_t retried = 0;
  std::uint64_t redelivered = 0;
  std::uint64_t stale = 0;
};

/// Sorted, without what another prefix covers; none when every topic is wanted.
std::vector<std::string> normal_prefixes(std::vector<std::string> prefixes);

/// Any of the prefixes (none: every topic) matches.
bool matches(std::span<const std::string> prefixes, std::string_view topic);

/// Everything of the group up to seq is settled and no retry at or below it is pending.
bool settled_through(const Group& group, Seq seq);

/// Where its members begin to fetch: the floor of the slots, or below it what expired unheard, so that the
/// first answer tells of it.
Seq position(const Group& group, SlotMask slots);

/// For operators who watch; told with the group's status.
void note_incident(Group& group, Incident incident);

/// Its status; without members and oldest_age.
GroupStatus status_of(const Group& group, Seq head);

}  // namespace mesh::core
