#include <utility>

#include <mesh/core/publisher/publisher_turn.hpp>

namespace mesh::core {

void PublisherTurn::commit(std::span<const Batch> batches, Now now) {
  if (batches.empty()) return;
  if (auto appended = journal_.append(batches); !appended) {
    ports_.failed(batches, appended.error());
    return core_.on_commit_failed(appended.error(), now);
  }
  ports_.confirmed(batches);
  core_.on_committed(batches, now);
}

// Only what is true without the commit is said, and to an operator why it cannot be done. A member hears
// nothing and asks again at once: sent away for seconds, it would lose the session that the core has made for
// it.
void PublisherTurn::answer_without_commit(const Error& error) {
  for (const ControlOut& out : effects_.control) {
    const auto refuse = [&](std::uint64_t id) {
      ports_.send(
          out.route,
          Refused{id, 0, error.code,
                  "the state cannot be written, and what was asked for is done once it can: " + error.text});
    };
    const auto is_for_operators = [](const Refused& refused) {
      return refused.code == Errc::unknown_group || refused.code == Errc::in_use;
    };
    if (const auto* parked = std::get_if<ParkedDone>(&out.message)) {
      refuse(parked->id);
    } else if (const auto* group = std::get_if<GroupDone>(&out.message)) {
      refuse(group->id);
    } else if (const auto* refused = std::get_if<Refused>(&out.message);
               (refused != nullptr && is_for_operators(*refused)) ||
               std::holds_alternative<Info>(out.message) || std::holds_alternative<GroupList>(out.message) ||
               std::holds_alternative<ParkedList>(out.message)) {
      ports_.send(out.route, out.message);
    }
  }
  effects_.control.clear();
}

bool PublisherTurn::commit_state(Now now) {
  for (StateWrite& write : effects_.state) {
    pending_.insert_or_assign({write.table, std::move(write.key)}, std::move(write.value));
  }
  effects_.state.clear();
  if (pending_.empty()) return true;
  std::vector<StateWrite> writes;
  writes.reserve(pending_.size());
  for (const auto& [key, value] : pending_) writes.push_back({key.first, key.second, value});
  if (auto written = journal_.write_state(writes); !written) {
    // What would have been said is not true yet, so nobody hears it: the protocol asks again. Reads and
    // drops are work, not words: they wait for the commit.
    answer_without_commit(written.error());
    effects_.live.clear();
    core_.on_state_failed(written.error(), now);
    core_.take_effects(effects_);  // its notice, and its answers to operators that wait for a read
    for (const ControlOut& out : effects_.control) ports_.send(out.route, out.message);
    effects_.control.clear();
    return false;
  }
  pending_.clear();
  return true;
}

void PublisherTurn::finish(Now now) {
  busy_ = false;
  for (unsigned round = 0; round < rounds_max; ++round) {
    core_.take_effects(effects_);
    const bool committed = commit_state(now);
    for (const Notice& notice : effects_.notices) ports_.notice(notice);
    effects_.notices.clear();
    if (!committed) return;
    for (const ControlOut& out : effects_.control) ports_.send(out.route, out.message);
    effects_.control.clear();
    for (const LiveMessage& message : effects_.live) ports_.send_live(message);
    effects_.live.clear();
    if (effects_.drop_through) ports_.drop_through(*std::exchange(effects_.drop_through, std::nullopt));
    if (!start_reads(now)) return;
  }
  busy_ = true;
}

// Reads of state are done here, on the engine's thread, and answered at once; true when there were any.
bool PublisherTurn::start_reads(Now now) {
  std::vector<ReadJob> jobs;
  jobs.swap(effects_.reads);
  bool answered = false;
  for (ReadJob& job : jobs) {
    if (job.kind == ReadJob::Kind::state) {
      core_.on_read(run_read_job(journal_, job), now);
      answered = true;
    } else {
      ports_.start_read(std::move(job));
    }
  }
  return answered;
}

}  // namespace mesh::core
