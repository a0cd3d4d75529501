// What must be true when the mesh has gone quiet.
#include "checker.hpp"

namespace sim {

std::optional<std::string> Checker::owed() const {
  for (PublisherIndex publisher = 0; publisher < logs_.size(); ++publisher) {
    const auto& log = logs_[publisher];
    for (GroupIndex group = 0; group < log.groups.size(); ++group) {
      const auto& one = log.groups[group];
      if (!one.start_known) return "group " + scenario_.groups[group].name + " does not exist";
      for (std::size_t index = 0; index < one.entries.size(); ++index) {
        const auto& entry = one.entries[index];
        if (log.events[index].lost || !wanted(one, log, index)) continue;
        const bool done = entry.acked > 0 || entry.parked || entry.discarded || entry.expired;
        if (!done || (entry.in_retry && !entry.expired)) return name_of(publisher, group, index);
      }
    }
  }
  return std::nullopt;
}

void Checker::finished(PublisherIndex publisher, mesh::Seq head,
                       const std::vector<mesh::GroupStatus>& groups) const {
  const auto& log = logs_[publisher];
  for (const auto& status : groups) {
    const auto group = group_named(status.group);
    if (!group) continue;
    const auto& one = log.groups[*group];
    const auto wrong = [&](const std::string& what) {
      broken("the mesh goes quiet",
             "publisher " + std::to_string(publisher) + " group " + status.group + ": " + what);
    };
    if (status.floor < head) {
      wrong("floor " + std::to_string(status.floor) + " below head " + std::to_string(head));
    }
    if (status.waiting != 0) wrong(std::to_string(status.waiting) + " retries wait");
    if (status.in_flight != 0) wrong(std::to_string(status.in_flight) + " redeliveries in flight");
    if (status.lag != 0) wrong("lag " + std::to_string(status.lag));
    std::uint64_t expired = 0;
    for (const auto& entry : one.entries)
      expired += entry.expired && entry.acked == 0 && !entry.parked && !entry.discarded ? 1 : 0;
    if (status.expired < expired) {
      broken("nothing is skipped silently", "group " + status.group + " lost " + std::to_string(expired) +
                                                " events to retention and reports " +
                                                std::to_string(status.expired) + " seqs");
    }
  }
}

void Checker::parked_list(PublisherIndex publisher, GroupIndex group, const mesh::ParkedList& list) {
  auto& log = logs_[publisher];
  for (const auto& parked : list.events) {
    const auto index = log.find(parked.seq);
    if (!index) broken("nothing is invented", "parked seq " + std::to_string(parked.seq));
    const auto& entry = log.groups[group].entries[*index];
    const auto name = name_of(publisher, group, *index);
    std::uint32_t number = 0;
    for (const auto& attempt : parked.attempts) {
      // A redrive counts from one again.
      if (attempt.number <= number && (parked.redrives == 0 || attempt.number != 1)) {
        broken("parked with its history", "attempts do not ascend: " + name);
      }
      number = attempt.number;
    }
    const bool tried = parked.reason != mesh::Reason::key_parked;
    if (entry.parked && tried && parked.attempts.empty()) broken("parked with its history", name);
    if (parked.record.empty()) broken("parked with a copy of the event", name);
  }
}

}  // namespace sim
