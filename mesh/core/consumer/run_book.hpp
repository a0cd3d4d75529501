// The runs in workers' hands: what their outcomes mean, and which event under way has run past ack_wait.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <mesh/core/consumer/dispatcher.hpp>
#include <mesh/core/consumer/work_queue.hpp>

namespace mesh::core {

/// next_deadline is never further away than look_every while something runs, so a pause of more than
/// stood_still between two calls means that the process did not run.
inline constexpr Duration look_every = 500ms;
inline constexpr Duration stood_still = 1s;

class RunBook {
 public:
  /// `with_keys`: completions tell their key.
  RunBook(Duration ack_wait, bool with_keys) : ack_wait_(ack_wait), with_keys_(with_keys) {}

  /// The run begins with its first event.
  RunId begin(std::span<const Delivery> deliveries, Now now);
  void progress(RunId run, std::size_t index, Now now);
  /// Returns the event under way.
  std::optional<std::pair<LinkId, Seq>> extend(RunId run, Now now);
  /// Only the first `count` events belong to the run any more.
  void shorten(RunId run, std::size_t count);

  /// Ends a run; `outcomes` empty: ack for all. Returns the lane of its (only) event, where it has one.
  std::optional<LaneId> finish(RunId run, std::span<const Dispatcher::Outcome> outcomes,
                               std::vector<Completion>& out);

  void expire(Now now, std::vector<Completion>& out);
  std::optional<Duration> next_deadline() const;

  /// The event is under way with a worker: its handler has not returned.
  bool handles(LinkId link, Seq seq) const;

  std::size_t size() const { return running_; }

  /// The slots of a link's events that workers have in hand.
  SlotMask slots(LinkId link) const;

 private:
  /// What is kept of a delivery while a worker has it.
  struct Ticket {
    LinkId link = 0;
    std::uint32_t generation = 0;
    std::uint32_t attempt = 1;
    std::uint32_t redrives = 0;
    bool counted = false;
    bool expired = false;
    Slot slot = 0;
    KeyId key = 0;
    Seq seq = 0;
    Seq covers_to = 0;
    SlotMask slots = all_slots;
    std::size_t bytes = 0;
  };

  struct Active {
    RunId id = 0;  ///< 0: free, kept for its memory
    std::vector<Ticket> tickets;
    std::size_t index = 0;  ///< of the event under way
    Duration since{0};      ///< when it began or was extended
    std::optional<LaneId> lane;
  };

  Active* find(RunId run);
  static Completion completion_of(const Ticket& ticket);
  static void add_ack(const Ticket& ticket, Duration took, bool merge, std::vector<Completion>& out);
  void seen(Now now);

  Duration ack_wait_;
  bool with_keys_;
  std::vector<Active> runs_;  ///< about as many as there are workers
  RunId last_id_ = 0;
  std::size_t running_ = 0;
  Duration seen_{0};
};

}  // namespace mesh::core
