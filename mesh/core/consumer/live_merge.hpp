// Decides whether live messages continue what was received: holds them while a fetch catches up, puts the
// messages of one journaled batch together, and checks the chains.
//
//   known[S] = everything under my prefix S up to here was received     position = the lowest known
//
// A batch may be taken when, for each of my prefixes S, either a message of it carries S's chain with
// previous <= known[S], or known[S] already reaches the batch's end; and when every message of the batch that
// starts with one of my prefixes is here. A message says nothing about prefixes that its frame 0 does not
// start with, so a consumer of several prefixes often has to fetch where one with a single prefix need not:
// taking the batch on the word of one chain would skip, silently and for good, what was lost under another.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <mesh/core/consumer/prefix_set.hpp>
#include <mesh/model/messages.hpp>

namespace mesh::core {

class LiveMerge {
 public:
  enum class Step : std::uint8_t {
    nothing,  ///< nothing is held
    waiting,  ///< the first batch is incomplete and the last that came
    batch,    ///< the first batch continues the position and is complete
    lost,     ///< something was lost: fetch from the position
    unknown,  ///< the messages do not tell whether something is missing: fetch from the position
  };

  LiveMerge(const PrefixSet& prefixes, std::size_t hold_bytes);

  /// Everything starts anew from here; what is held stays.
  void restart(Seq position);
  /// Everything of mine up to `through` was received.
  void cover(Seq through);

  Seq position() const { return position_; }

  /// Keeps a message with a batch until next() gives it out. False: over hold_bytes, so that all held
  /// messages, this one too, were dropped.
  bool hold(LiveMessage message);
  void drop_held();

  bool holding() const { return !held_.empty(); }

  /// What to do with the first held batch. For `batch` its messages are moved to `parts`; the caller calls
  /// cover(its last seq) once it has taken them.
  Step next(std::vector<LiveMessage>& parts);

  /// A message without a batch: raises what is known (`batch`: position() may have risen), or `lost`.
  Step heartbeat(const LiveMessage& message);

  /// Events that were dropped since the last call because they had been received already.
  std::uint64_t take_duplicates();

 private:
  void drop_old();
  Step check_chain(const LiveMessage& message) const;
  bool complete(std::size_t parts) const;
  bool every_prefix_told(std::size_t parts) const;
  void update_position();

  const PrefixSet& prefixes_;
  std::size_t hold_bytes_;
  std::deque<LiveMessage> held_;  ///< in the order they came
  std::size_t held_bytes_ = 0;
  std::vector<Seq> known_;  ///< per prefix
  Seq position_ = 0;
  std::uint64_t duplicates_ = 0;
};

}  // namespace mesh::core
