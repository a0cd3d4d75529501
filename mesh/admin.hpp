// An operator's connection to a publisher: look at its groups, look at and repair their parking lots.
//
//   auto admin = mesh::Admin::connect("tcp://127.0.0.1:5601", 2s).value();
//   for (const auto& event : admin.parked_all("refunds", {}).value()) ...
//   admin.redrive("refunds", {.topic_prefix = "booking."}, /*dry_run=*/true);
//
// Every call sends a request, repeats it once a second, and waits for the answer for the connection's
// timeout. Errors of all: unreachable (no answer in time), protocol, and what the publisher refused it for:
// unknown_group, not_found, invalid_argument, limit_reached ...
// Threads: calls may come from any thread; they wait for each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <mesh/model/messages.hpp>
#include <mesh/model/time.hpp>
#include <mesh/publisher.hpp>

namespace mesh {

struct AdminOptions {
  Duration timeout = 5s;
  std::size_t event_size_max = 64u << 20;  ///< largest parked event it can show
  void* zmq_context = nullptr;             ///< as in PublisherOptions; needed for inproc:// of such a context
};

class Admin {
 public:
  /// Connects and asks for info() once, so that success means that a publisher answered. Also:
  /// endpoint_invalid.
  static Result<Admin> connect(const std::string& endpoint, Duration timeout = 5s);
  static Result<Admin> connect(const std::string& endpoint, const AdminOptions& options);

  Admin(Admin&&) noexcept;
  Admin& operator=(Admin&&) noexcept;
  ~Admin();

  /// The publisher: origin, name, endpoint of its live stream, head, sizes.
  Result<Info> info();
  /// Every group's state, with its members.
  Result<GroupList> groups();

  /// One page of a parking lot, ascending by seq; `more` says to go on with `after` = the last seq.
  Result<ParkedList> parked_list(const std::string& group, const ParkedFilter& filter = {}, Seq after = 0,
                                 std::uint32_t limit = 100);
  /// All pages.
  Result<std::vector<ParkedEvent>> parked_all(const std::string& group, const ParkedFilter& filter = {});

  /// Delivers parked events again with fresh attempts, or drops them for good (an audit entry remains).
  /// dry_run only counts.
  Result<ParkedResult> redrive(const std::string& group, const ParkedFilter& filter, bool dry_run = false);
  Result<ParkedResult> discard(const std::string& group, const ParkedFilter& filter, bool dry_run = false);

  /// Nothing of the group is given out any more; its members settle what they have in hand and wait.
  Result<GroupDone> pause(const std::string& group);
  /// The end of that.
  Result<GroupDone> resume(const std::string& group);
  /// Gives the group a lease (1 s to 3650 days), or none: so long it may be without members, counted while
  /// the publisher runs, before the journal keeps nothing for it any more. It is not removed: its parked
  /// events stay, and the next member that attaches learns what has expired, goes on, and the lease begins
  /// anew. A lease that it has already goes on. Error: invalid_argument.
  Result<GroupDone> lease(const std::string& group, std::optional<Duration> lease);
  /// The group goes on from `start`, back or forward; events waiting for a retry or parked keep their
  /// account, but retries passed by going forward are dropped. in_use: it is not paused, or members still
  /// have slots of it (their handlers run; ask again). dry_run only tells floor and lag as they would be.
  Result<GroupDone> rewind(const std::string& group, const Start& start, bool dry_run = false);
  /// Forgets the group, its retries and its parked events (an audit entry remains). in_use: it has members.
  /// One declared in the publisher's options is there again, new, when that opens the next time.
  Result<GroupDone> remove(const std::string& group, bool dry_run = false);

 private:
  struct State;
  explicit Admin(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The event of a parked entry, decoded; views point into it. Error: journal_damaged.
Result<EventView> decode_parked(const ParkedEvent& parked);

}  // namespace mesh
