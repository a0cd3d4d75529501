// `zmesh trace`: the life of an event, as far as its publisher knows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <mesh/model/messages.hpp>
#include <tools/zmesh/exit_code.hpp>
#include <tools/zmesh/sniff/item.hpp>

namespace zmesh {

struct TraceOptions {
  std::string where;                ///< EP, @NAME or DIR
  std::vector<std::string> wanted;  ///< seqs, or one key
  std::string key;
  std::string group;        ///< only this one
  std::uint64_t last = 20;  ///< of a key: the newest N events
  std::string timeout = "5s";
  bool json = false;
};

ExitCode trace(const TraceOptions& options);

/// What became of an event in one group.
struct GroupTrace {
  enum class State {
    unwanted,   ///< none of the group's prefixes matches
    settled,    ///< acknowledged, or lost to retention: it will not come any more
    pending,    ///< on its way to a member, in its hands, or waiting for one
    waiting,    ///< for its retry
    behind,     ///< an earlier event of its key, which waits (order = key)
    in_flight,  ///< a retry, in a member's hands
    parked,
    discarded,  ///< by an operator
  };

  /// The way to its first attempt. Every further one is a redelivery.
  enum class Way {
    unknown,  ///< nobody tells: the publisher is down, or this was before its start, or many answers ago
    waiting,  ///< nobody has settled it yet, nor fetched it; a member may have it from the live stream
    live,     ///< on the live stream, right after its commit
    fetched,  ///< in the answer to a member's fetch
  };

  /// What is known of its failed attempts.
  enum class History {
    all,      ///< `attempts` are all, since its last redrive
    newest,   ///< it is settled, and the attempts with it; what the publisher still tells is in `incidents`
    none,     ///< it is settled, and none has failed since the publisher's start
    unknown,  ///< it is settled, and nobody tells (any more) whether any has failed
  };

  std::string group;
  State state = State::pending;
  mesh::WallTime at = 0;  ///< waiting: due; parked, discarded: since; else 0
  std::optional<mesh::Reason> reason;
  std::uint32_t redrives = 0;
  std::vector<mesh::Attempt> attempts;
  History history = History::all;
  std::vector<mesh::Incident> incidents;  ///< where there are no attempts, oldest first
  Way way = Way::unknown;
  std::string way_member;     ///< to whom; empty: not known
  mesh::WallTime way_at = 0;  ///< fetched: when, to a second; else 0
};

std::string_view to_string(GroupTrace::State state);
std::string_view to_string(GroupTrace::Way way);
std::string_view to_string(GroupTrace::History history);

/// By the journal's state, which knows everything, also while the publisher is down. Error: journal_*.
mesh::Result<std::vector<GroupTrace>> trace_in_journal(const std::string& journal,
                                                       const mesh::EventView& event);
/// By asking the publisher, which tells of what is parked but not of what waits for a retry.
mesh::Result<std::vector<GroupTrace>> trace_by_asking(const std::string& endpoint, mesh::Duration timeout,
                                                      const mesh::EventView& event);
/// Adds which way the event went out, as far as the publisher's status of the group tells.
void tell_way(GroupTrace& trace, const mesh::GroupStatus& status, mesh::Seq seq, mesh::Slot slot);
/// Adds what befell it, where its attempts are not kept: the newest incidents of each group are told.
void tell_incidents(GroupTrace& trace, const mesh::GroupStatus& status, mesh::Seq seq);

std::string trace_text(const SniffItem& item, const std::vector<GroupTrace>& groups);
std::string trace_json(const SniffItem& item, const std::vector<GroupTrace>& groups);

}  // namespace zmesh
