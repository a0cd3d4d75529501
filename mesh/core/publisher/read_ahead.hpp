// A member that catches up asks for the next range as soon as it has the last one: what it will ask for is
// read while that travels and is handled, so that it waits for no disk. A guess: what does not fit is thrown
// away.
#pragma once

#include <map>

#include <mesh/core/publisher/desk.hpp>

namespace mesh::core {

class ReadAhead {
 public:
  /// Sessions that are read ahead for at a time; each costs up to its credit in memory.
  static constexpr std::size_t sessions_max = 4;
  /// Who has not asked by then does not go on like this.
  static constexpr Duration kept_for = 2s;

  struct Found {
    std::uint64_t job = 0;
    std::optional<ReadResult> result;  ///< none: the job runs still
  };

  explicit ReadAhead(Desk& desk) : desk_(desk) {}

  /// `job` is what the session's next fetch will need, if it goes on like this.
  void begin(const Session& session, ReadJob job, Now now);
  /// The result of a job that was begun here.
  void arrived(SessionId session, ReadResult result);
  /// What was read, or is being read, for exactly this; anything else of the session is forgotten.
  std::optional<Found> take(const Session& session, const ReadJob& job);

  void on_time(Now now);
  std::optional<Duration> next_deadline() const;

 private:
  struct Guess {
    ReadJob job;
    SlotMask slots = 0;
    Epoch epoch = 0;
    Duration until{0};
    std::optional<ReadResult> result;
  };

  Desk& desk_;
  std::map<SessionId, Guess> guesses_;
};

}  // namespace mesh::core
