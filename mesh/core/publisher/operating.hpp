// Operators' requests: what there is, and what shall become of parked events.
#pragma once

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class Operating {
 public:
  /// A ParkedList, and a step of a redrive, hold about this many bytes of events (but at least one event).
  static constexpr std::size_t list_bytes_max = 512 * 1024;
  static constexpr std::size_t step_bytes_max = 4u << 20;
  static constexpr std::size_t step_events_max = 256;
  /// Ages are told of groups whose oldest unsettled events are among this many.
  static constexpr std::size_t ages_max = 1000;

  explicit Operating(Desk& desk) : desk_(desk) {}

  void on_info(const Route& route, const InfoRequest& request, Now now);
  void on_groups(const Route& route, const GroupsRequest& request, Now now);
  void on_parked_list(const Route& route, const ParkedListRequest& request);
  void on_parked_command(const Route& route, const ParkedCommand& command, Now now);

  void on_ages(ReadToTellAges reason, const ReadResult& result, Now now);
  void on_listed(const ReadToList& reason, const ReadResult& result);
  void on_redriven(ReadToRedrive reason, const ReadResult& result, Now now);

  /// Reads wait for the commit of state, which fails: operators that wait for one are answered without it.
  void on_state_failed(const Error& error);

  std::vector<GroupStatus> statuses(Now now) const;

 private:
  Group* group_for(const Route& route, std::uint64_t id, const std::string& name);
  void discard(Group& group, const std::vector<Seq>& seqs, Now now);
  void redrive_next(ReadToRedrive work);
  void finish_redrive(ReadToRedrive& work, bool full);
  void redrive(ReadToRedrive& work, Seq seq, const std::string& bytes, Now now);

  Desk& desk_;
};

/// Seqs of the parked events that the filter selects, ascending: the given ones, or all that match every
/// condition.
std::vector<Seq> select_parked(const Group& group, const ParkedFilter& filter);

}  // namespace mesh::core
