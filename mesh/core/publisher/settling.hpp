// What members report: ranges that are settled, verdicts on single events, redeliveries in hand.
#pragma once

#include <mesh/core/publisher/attachment.hpp>

namespace mesh::core {

class Settling {
 public:
  Settling(Desk& desk, Attachment& attachment) : desk_(desk), attachment_(attachment) {}

  void on_ack(const Route& route, Ack ack, Now now);
  void on_detach(const Route& route, Detach detach, Now now);

 private:
  /// Verdicts first, then ranges. False: the retry store is full and some verdict was not taken.
  bool take(Session& session, SlotLedger& settled, std::vector<Verdict>& verdicts, Now now);
  bool judge(Session& session, Verdict& verdict, Now now);
  bool judge_first(Session& session, Verdict& verdict, Now now);

  Desk& desk_;
  Attachment& attachment_;
};

}  // namespace mesh::core
