// Attachments of members and watchers: whom an id names, where its answers go, when it was last heard of.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <mesh/core/publisher/group.hpp>
#include <mesh/core/publisher/publisher_core.hpp>

namespace mesh::core {

/// A session's outstanding request for events.
struct FetchState {
  bool open = false;     ///< not answered yet
  std::uint64_t id = 0;  ///< the newest
  Epoch epoch = 0;
  SlotMask slots = 0;
  Seq after = 0;
  Seq upto = 0;     ///< 0: the head
  Seq covered = 0;  ///< nothing of the group's is in (after, covered]
  std::size_t credit = 0;
  bool wait = false;
  Duration deadline{0};        ///< of a waiting one
  bool hurried = false;        ///< suspects were sent since the last answer: no answer is held back
  std::uint64_t read = 0;      ///< the job that runs for this session; 0: none
  std::uint64_t read_for = 0;  ///< the fetch that it was for
  std::uint64_t told = 0;      ///< the fetch in whose answer the group's expired range was told
  Seq told_through = 0;
};

struct Session {
  SessionId id = 0;
  Route route;
  Group* group = nullptr;  ///< none: a watcher
  std::string member;
  Instance instance{};
  std::vector<std::string> prefixes;  ///< a watcher's
  SlotMask slots = 0;                 ///< as its group's assignment has it
  SlotMask leaving = 0;               ///< of them: asked back
  SlotMask unheard = 0;               ///< of them: given, and nothing with the epoch has come yet
  Epoch epoch = 0;
  Epoch since = 0;      ///< what it says under an epoch before this is stale
  Duration granted{0};  ///< when its last Grant was sent
  Duration heard{0};
  Duration acked{0};        ///< when its last Ack came
  std::uint64_t taken = 0;  ///< the newest Ack that counted
  FetchState fetch;
  Seq given = 0;            ///< events up to here were sent to it in answers, or it had them already
  bool answered = false;    ///< a fetch of it was answered: it may be on the live stream since then
  SlotMask brought = 0;     ///< its process had these before this session: what is unsettled of them up to
  Seq brought_through = 0;  ///< here may be with a handler
  /// Retention has passed unsettled events up to here that it may have in hand all the same; 0: not since it
  /// has reported beyond that.
  Seq expired_through = 0;
};

class Sessions {
 public:
  /// `seed` and `run` make the ids differ between publishers and their runs.
  Sessions(std::uint64_t seed, std::uint32_t run) : seed_(seed), run_(run) {}

  Session& open(const Route& route, Duration now);
  Session* find(SessionId id);
  void close(SessionId id);
  /// Closes a session whose Detach was taken, and remembers that for as long as it may be repeated.
  void detach(SessionId id);

  /// Closes a session of a group whose slots are others' now, and remembers for a while whose it was.
  void lose(SessionId id);

  /// The serial of the group of a lost session (one of the newest lost_max).
  std::optional<std::uint64_t> lost(SessionId id) const {
    const auto it = lost_.find(id);
    return it == lost_.end() ? std::nullopt : std::optional(it->second);
  }

  static constexpr std::size_t lost_max = 1024;

  /// It detached a while ago (one of the newest detached_max).
  bool detached(SessionId id) const { return detached_.contains(id); }

  static constexpr std::size_t detached_max = 1024;

  /// The session of that group (none: watchers) and member.
  Session* find_member(const Group* group, std::string_view member);

  std::size_t size() const { return sessions_.size(); }

  /// Ascending by id.
  const std::map<SessionId, std::unique_ptr<Session>>& all() const { return sessions_; }

 private:
  std::uint64_t seed_;
  std::uint32_t run_;
  std::uint64_t count_ = 0;
  std::map<SessionId, std::unique_ptr<Session>> sessions_;
  std::set<SessionId> detached_;
  std::deque<SessionId> detached_order_;
  std::map<SessionId, std::uint64_t> lost_;
  std::deque<SessionId> lost_order_;
};

}  // namespace mesh::core
