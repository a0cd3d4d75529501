#include <algorithm>
#include <utility>

#include <mesh/core/publisher/read_ahead.hpp>

namespace mesh::core {
namespace {

/// Then the same events are found later on, too: nothing is settled there without being given out.
bool nothing_settled_after(Seq seq, const std::vector<SlotLedger>& ledgers) {
  return std::all_of(ledgers.begin(), ledgers.end(), [&](const SlotLedger& ledger) {
    return ledger.floor <= seq && (ledger.above.empty() || ledger.above.back().last <= seq);
  });
}

}  // namespace

void ReadAhead::begin(const Session& session, ReadJob job, Now now) {
  guesses_.erase(session.id);
  if (!nothing_settled_after(job.after, job.settled) || guesses_.size() >= sessions_max) return;
  Guess guess{job, session.fetch.slots, session.fetch.epoch, now.steady + kept_for, std::nullopt};
  guess.job.id = desk_.ask(std::move(job), ReadToFetch{session.id});
  guesses_.emplace(session.id, std::move(guess));
}

void ReadAhead::arrived(SessionId session, ReadResult result) {
  const auto it = guesses_.find(session);
  if (it == guesses_.end() || it->second.job.id != result.id) return;
  if (result.error) {
    guesses_.erase(it);  // read again when it is asked for, and told then
  } else {
    it->second.result = std::move(result);
  }
}

std::optional<ReadAhead::Found> ReadAhead::take(const Session& session, const ReadJob& job) {
  const auto it = guesses_.find(session.id);
  if (it == guesses_.end()) return std::nullopt;
  Guess guess = std::move(it->second);
  guesses_.erase(it);
  const bool same = guess.job.after == job.after && guess.job.upto <= job.upto &&
                    guess.job.credit == job.credit && guess.job.prefixes == job.prefixes &&
                    guess.slots == session.fetch.slots && guess.epoch == session.fetch.epoch;
  // What retention has dropped meanwhile is told as lost.
  const bool there = job.after >= desk_.dropped_through;
  if (!same || !there || !nothing_settled_after(job.after, job.settled)) return std::nullopt;
  return Found{guess.job.id, std::move(guess.result)};
}

void ReadAhead::on_time(Now now) {
  std::erase_if(guesses_, [&](const auto& entry) { return entry.second.until <= now.steady; });
}

std::optional<Duration> ReadAhead::next_deadline() const {
  std::optional<Duration> next;
  for (const auto& [session, guess] : guesses_) next = std::min(next.value_or(guess.until), guess.until);
  return next;
}

}  // namespace mesh::core
