// What members report: ranges that are settled, verdicts on single events, redeliveries in hand.
#pragma once

#include <mesh/core/publisher/attachment.hpp>
#include <mesh/core/publisher/handover.hpp>

namespace mesh::core {

class Settling {
 public:
  Settling(Desk& desk, Attachment& attachment, Handover& handover)
      : desk_(desk), attachment_(attachment), handover_(handover) {}

  void on_ack(const Route& route, Ack ack, Now now);
  void on_release(const Route& route, Release release, Now now);
  void on_detach(const Route& route, Detach detach, Now now);

 private:
  /// Verdicts first, then ranges. False: the retry store is full and some verdict was not taken.
  bool take(Session& session, Epoch epoch, std::vector<SlotLedger>& settled, std::vector<Verdict>& verdicts,
            Now now);
  /// What it says counts. If not, it is counted as stale.
  bool in_time(const Session& session, Epoch epoch);
  bool judge(Session& session, SlotMask known, Verdict& verdict, Now now);
  bool judge_first(Session& session, Verdict& verdict, Now now);

  Desk& desk_;
  Attachment& attachment_;
  Handover& handover_;
};

}  // namespace mesh::core
