// Answers to Fetch: at once when there is something, else when something is committed or after about a
// second.
#pragma once

#include <set>

#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/handover.hpp>
#include <mesh/core/publisher/read_ahead.hpp>

namespace mesh::core {

class Fetching {
 public:
  static constexpr std::size_t credit_max = 8 * 1024 * 1024;
  static constexpr Duration wait = 1s;

  Fetching(Desk& desk, Attachment& attachment, Handover& handover)
      : desk_(desk), attachment_(attachment), handover_(handover), ahead_(desk) {}

  void on_fetch(const Route& route, const Fetch& fetch, Now now);
  void on_read(const ReadToFetch& reason, ReadResult result, Now now);
  /// The head has moved.
  void on_committed(Now now);
  void on_time(Now now);

  std::optional<Duration> next_deadline() const;

 private:
  void proceed(Session& session, Now now);
  void take(Session& session, ReadResult result, Now now);
  ReadJob job_of(const Session& session, Seq after, Seq upto) const;
  void answer(Session& session, std::vector<Batch> batches, Seq through, Now now);
  void pause(Session& session);
  void resume(Session& session);

  Desk& desk_;
  Attachment& attachment_;
  Handover& handover_;
  ReadAhead ahead_;
  Agenda<SessionId> agenda_;     // deadlines of waiting fetches
  std::set<SessionId> waiting_;  // for a commit or their deadline
};

}  // namespace mesh::core
