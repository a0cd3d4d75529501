// Holds the mesh to its promises after every step. It is told by the simulator's own parts (disk, network,
// handlers) what really happened, and never asks the system under test for anything but its claims.
//
// Every broken promise is a Broken exception that names it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <journal/journal.hpp>
#include <mesh/core/consumer/delivery.hpp>
#include <mesh/core/publisher/publisher_core.hpp>
#include <mesh/model/messages.hpp>
#include <mesh/model/notice.hpp>

#include "faults.hpp"
#include "oracle.hpp"
#include "story.hpp"
#include "world.hpp"

namespace sim {

using PublisherIndex = unsigned;
using GroupIndex = unsigned;

class Checker {
 public:
  Checker(const Scenario& scenario, const Story& story, World& world);

  // ---- the disk reports what it has really committed ----
  void committed(PublisherIndex publisher, std::span<const mesh::Batch> batches);
  void state_written(PublisherIndex publisher, std::span<const mesh::StateWrite> writes);
  void dropped(PublisherIndex publisher, mesh::Seq through);

  /// It was asked to drop them: a group that is made from now on begins behind it.
  void dropping(PublisherIndex publisher, mesh::Seq through) { logs_[publisher].dropping_through = through; }

  /// What it has decided about leases and retention, which may be long before it is written.
  void noticed(PublisherIndex publisher, const mesh::Notice& notice);

  /// After a restart: the journal must hold what was committed, and nothing else. `power_lost`: the newest
  /// commits may be missing.
  void reopened(PublisherIndex publisher, const mesh::Journal& journal, bool power_lost);

  // ---- the publisher's ports report what it says ----
  void confirmed(PublisherIndex publisher, std::span<const mesh::Batch> batches);
  void failed(PublisherIndex publisher, std::span<const mesh::Batch> batches);
  void sent_live(PublisherIndex publisher, const mesh::LiveMessage& message);
  /// `to`: the process that the route leads (or led) to; 0 for operators.
  void sent(PublisherIndex publisher, ProcessId to, const mesh::ControlMessage& message);
  /// The state could not be written, so that nothing of what it has decided was said.
  void unsaid(PublisherIndex publisher);
  void turn_begins(PublisherIndex publisher, mesh::Seq head);
  /// The publisher has read somebody's wish to join the group, or had it declared.
  void asked_for(PublisherIndex publisher, std::string_view group);
  /// After a turn whose state is all on disk, and after a restore: floors and counts must be true.
  void turn_ended(PublisherIndex publisher, const std::vector<mesh::GroupStatus>& groups);

  /// True when turn_ended wants to be called (a ledger or a group was written).
  bool wants_status(PublisherIndex publisher) const { return want_status_[publisher]; }

  // ---- consumer processes ----
  enum class Ended : std::uint8_t { left, died };

  ProcessId new_process() { return ++newest_process_; }

  void process_began(ProcessId process, GroupIndex group);
  void process_ended(ProcessId process, Ended how);
  void handling_began(ProcessId process, PublisherIndex publisher, const mesh::core::Delivery& delivery);
  void handling_extended(ProcessId process, PublisherIndex publisher, mesh::Seq seq);
  void handling_returned(ProcessId process, PublisherIndex publisher, const mesh::core::Delivery& delivery,
                         mesh::core::Completion::Kind kind);
  /// The process was stopped for that long: its handlers' clocks do not count it.
  void process_stopped(ProcessId process, Duration time);
  void reported(ProcessId process, PublisherIndex publisher, const mesh::ControlMessage& message);
  /// The publisher has read something from the process.
  void heard(PublisherIndex publisher, ProcessId process, const mesh::ControlMessage& message);
  /// The process has read a Welcome or Grant.
  void admitted(ProcessId process, PublisherIndex publisher);

  // ---- operators ----
  void commanded(PublisherIndex publisher, const mesh::ParkedCommand& command);
  void commanded(PublisherIndex publisher, const mesh::GroupCommand& command);
  void parked_list(PublisherIndex publisher, GroupIndex group, const mesh::ParkedList& list);

  // ---- the end ----
  /// Nothing is owed to any group; else what is.
  std::optional<std::string> owed() const;
  void finished(PublisherIndex publisher, mesh::Seq head, const std::vector<mesh::GroupStatus>& groups) const;

  std::optional<GroupIndex> group_named(std::string_view name) const;

  const PublisherLog& log(PublisherIndex publisher) const { return logs_[publisher]; }

  /// Most events that one message has carried so far.
  std::size_t largest_message() const { return largest_message_; }

  Tally tally;

 private:
  enum class Outcome : std::uint8_t { acked, retried, parked, put_back, overran };

  struct Handling {
    PublisherIndex publisher = 0;
    std::size_t index = 0;
    std::uint32_t attempt = 0;
    Duration since{0};                                   ///< the clock of ack_wait
    bool over = false;                                   ///< it was reported as timed out
    Duration over_at{0};                                 ///< when, for the newest attempt that was
    std::pair<std::uint32_t, std::uint32_t> over_for{};  ///< (redrives, attempt) of that one
    bool abandoned = false;                              ///< its process has detached meanwhile
    bool fenced = false;                                 ///< the lease of its process ran out meanwhile
  };

  /// A process has come back with a redelivery in hand, and its publisher has read so.
  struct Claim {
    GroupIndex group = 0;
    mesh::Seq seq = 0;
    ProcessId process = 0;
  };

  using Outcomes = std::vector<std::pair<std::uint32_t, Outcome>>;  ///< attempt and what became of it

  struct Process {
    GroupIndex group = 0;
    bool alive = false;
    std::vector<Handling> running;
    std::map<std::pair<PublisherIndex, mesh::Seq>, Outcomes> outcomes;
    std::vector<std::array<mesh::Seq, mesh::slot_count>>
        acked_floor;                ///< per publisher and slot: the highest reported floor that was checked
    std::vector<mesh::Epoch> told;  ///< per publisher: the newest epoch that a Welcome or Grant was sent with
    std::vector<bool> vague;        ///< per publisher: it may have opened another session without saying so
    std::vector<bool> gone;         ///< per publisher: it has read this process's Detach
    std::vector<bool> fenced;       ///< per publisher: its lease ran out or others were given its slots
    std::vector<mesh::SessionId>
        session;                  ///< per publisher: of the newest Welcome of its present run; 0: none
    std::vector<bool> rewound;    ///< per publisher: since it began
    std::vector<bool> asked;      ///< per publisher: it has read a Hello of this process in its present run
    std::vector<bool> lost;       ///< per publisher: its lease ran out since then
    std::vector<Duration> heard;  ///< per publisher: when that last read something from it
  };

  [[noreturn]] void broken(const char* promise, const std::string& what) const;
  bool wanted(const GroupLog& group, const PublisherLog& log, std::size_t index) const;
  /// The retention policy lets it take what the group has not settled.
  bool may_expire(GroupIndex group) const;
  bool accounted(const Entry& entry) const;
  std::string name_of(PublisherIndex publisher, GroupIndex group, std::size_t index) const;
  void check_batch(PublisherIndex publisher, const mesh::Batch& batch, const char* where);
  void check_settled(PublisherIndex publisher, GroupIndex group, const mesh::SlotLedger& settled,
                     mesh::Seq from, ProcessId process, const char* who);
  void check_range(PublisherIndex publisher, GroupIndex group, mesh::SeqRange range, mesh::SlotMask slots,
                   ProcessId process, const char* who);
  void check_verdict(ProcessId process, PublisherIndex publisher, const mesh::Verdict& verdict);
  void check_ledgers(ProcessId process, PublisherIndex publisher,
                     const std::vector<mesh::SlotLedger>& ledgers);
  ProcessId claimed_by(PublisherIndex publisher, GroupIndex group, mesh::Seq seq) const;
  void check_let_go(ProcessId process, PublisherIndex publisher, mesh::SlotMask slots);
  void taken_back(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots);
  void loosen(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots);
  void released(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots, mesh::Epoch epoch);
  void answered_release(PublisherIndex publisher, ProcessId process, mesh::SlotMask slots);
  void detaching(ProcessId process, PublisherIndex publisher, bool untouched);
  void given_slots(PublisherIndex publisher, ProcessId to, mesh::SlotMask slots, mesh::Epoch epoch);
  void check_first_handling(PublisherIndex publisher, GroupIndex group, std::size_t index);
  void check_key_order(PublisherIndex publisher, GroupIndex group, std::size_t index);
  void check_repeated_handling(PublisherIndex publisher, GroupIndex group, std::size_t index,
                               const mesh::core::Delivery& delivery);
  void check_alone(ProcessId process, PublisherIndex publisher, std::size_t index);
  void check_coverage(PublisherIndex publisher, ProcessId to, const mesh::Events& events);
  void check_redeliveries(PublisherIndex publisher, ProcessId to, const mesh::Deliver& deliver);
  void attempts_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                        const std::vector<mesh::Attempt>& history, std::uint32_t redrives);
  void retry_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                     const std::optional<std::string>& value);
  void park_written(PublisherIndex publisher, GroupIndex group, std::size_t index,
                    const std::optional<std::string>& value);
  bool behind_parked(PublisherIndex publisher, GroupIndex group, std::size_t index) const;
  void group_written(PublisherIndex publisher, GroupIndex group, const std::optional<std::string>& value);
  void check_nobody_has_slots(PublisherIndex publisher, GroupIndex group, const char* when);
  void group_created(PublisherIndex publisher, GroupIndex group, const mesh::GroupStatus& status);
  void forgive_repeats(PublisherIndex publisher, GroupIndex group, ProcessId process, mesh::SlotMask slots);
  bool out_of_touch(Process& process, PublisherIndex publisher);
  void lost_touch(PublisherIndex publisher, ProcessId process);
  void charge_crash(PublisherIndex publisher, GroupIndex group, ProcessId process);
  void audit_written(PublisherIndex publisher, const std::string& value);
  void rewound(PublisherIndex publisher, GroupIndex group, mesh::Seq floor);
  bool was_commanded(PublisherIndex publisher, GroupIndex group, std::size_t index,
                     mesh::ParkedCommand::Kind kind) const;

  const Scenario& scenario_;
  const Story& story_;
  World& world_;
  std::vector<PublisherLog> logs_;
  std::vector<bool> want_status_;
  std::vector<mesh::Seq> turn_head_;
  std::vector<std::vector<mesh::ParkedCommand>> commands_;
  std::set<std::pair<PublisherIndex, std::string>> rewinds_;
  std::set<std::pair<PublisherIndex, std::string>> leases_;
  std::set<std::pair<GroupIndex, mesh::Seq>> failed_;    ///< of the present commit: retries with an attempt
  std::set<std::pair<GroupIndex, mesh::Seq>> unparked_;  ///< in the present commit
  std::set<std::pair<GroupIndex, mesh::Seq>> discards_;  ///< of the present commit, before any rewind in it
  std::map<GroupIndex, mesh::Seq> rewound_to_;           ///< in the present commit
  std::set<std::pair<GroupIndex, mesh::Seq>>
      renewed_;  ///< of them those that a rewind after it gives out anew
  std::vector<std::vector<Claim>>
      claims_;  ///< read in the present turn, or in one whose state is not written
  std::vector<bool> unwritten_;
  std::map<ProcessId, Process> processes_;
  ProcessId newest_process_ = 0;
  std::size_t largest_message_ = 0;
  mutable std::vector<mesh::EventView> views_;
};

}  // namespace sim
