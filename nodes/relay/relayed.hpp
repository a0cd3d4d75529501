// What the relays of a node have published and are publishing, so that an event that comes again, or by two
// ways at once, is published once.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <journal/result.hpp>
#include <mesh/model/time.hpp>
#include <nodes/relay/seen.hpp>

namespace node {

/// Any thread.
class Relayed {
 public:
  enum class Claim {
    mine,       ///< the caller publishes it, and tells its end
    under_way,  ///< another still publishes it: ask again
    duplicate,  ///< it has been published
    another,    ///< a different event was, or is, published under this identity: one of them is not what it
                ///< says
  };

  /// Remembers the newest `count_max` that were published.
  explicit Relayed(std::size_t count_max) : seen_(count_max) {}

  void remember(const std::vector<Seen::Entry>& known);

  /// Waits for another who publishes it, for at most `patience`.
  Claim claim(const Seen::Entry& event, mesh::Duration patience);
  /// The end of what is mine.
  void end(const Seen::Entry& event, bool published);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  Seen seen_;
  std::unordered_map<Seen::Id, std::uint64_t, Seen::Hash> under_way_;
};

/// The newest `count` events of a journal that were relayed to it, oldest first, so far as they are among its
/// newest events (64 times as many); none where there is no journal yet. Not while this process has the
/// journal open. Errors: those of open_journal_reader.
mesh::Result<std::vector<Seen::Entry>> relayed_before(const std::string& journal, std::size_t count);

}  // namespace node
