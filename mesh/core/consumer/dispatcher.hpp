// Decides which handler runs next: up to `concurrency` at once, events of one key never two at once and in
// order, and notices handlers that outlive ack_wait. Pure; its owner (the executor) guards it with a mutex.
//
//   push -> queued -> take -> running -> finish -> Completion
//                               \-> expire (ack_wait) -> Completion(retry, ack_timeout) ... finish -> late
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include <mesh/core/consumer/delivery.hpp>
#include <mesh/model/time.hpp>

namespace mesh::core {

/// Names a run: deliveries handed to one worker, which handles them one after the other.
using RunId = std::uint64_t;

struct Run {
  RunId id = 0;
  std::vector<Delivery> deliveries;
};

struct DispatcherSettings {
  std::uint32_t concurrency = 1;
  Duration ack_wait = 30s;
  bool ordered = false;       ///< Order::key: a key whose event fails is held back until change() frees it
  std::size_t run_max = 256;  ///< events per run when concurrency is 1; with more workers a run is one event
};

class Dispatcher {
 public:
  explicit Dispatcher(DispatcherSettings settings);
  ~Dispatcher();

  /// Queues deliveries of one link, in order. A redelivery whose event is still with a handler waits for
  /// that one to return, and fails like it when ack_wait is over.
  void push(std::span<Delivery> deliveries);
  /// The same for a vector, which is taken over where that is cheaper, and empty afterwards.
  void push(std::vector<Delivery>& deliveries);

  /// The next run, if a worker is free to take one and something is runnable. `run` is filled; false:
  /// nothing. What is held back comes out as completions. With Order::key a run ends (shorten) with the first
  /// event that is not acked or ran past ack_wait.
  bool take(Run& run, Now now);

  /// The worker has begun the event at `index` of its run (the earlier ones are done). Cheap; optional
  /// between finish calls: it lets timeouts be exact within a run.
  void progress(RunId run, std::size_t index, Now now);

  /// The handler of the event under way asks for more time: its ack_wait starts anew.
  void extend(RunId run, Now now);

  /// The run ends early: only its first `count` events (at least one) were begun. The others go back to the
  /// front of the queue, or, where drop() or drain() has come meanwhile for them, are let go. Call before
  /// finish.
  void shorten(Run& run, std::size_t count);

  /// All of a run's events are done. `outcomes` has one entry per delivery, in order; ack outcomes are merged
  /// into as few completions as possible (consecutive ranges of one link).
  struct Outcome {
    Completion::Kind kind = Completion::Kind::ack;
    Reason reason = Reason::handler_rejected;
    std::string text;
    std::optional<Duration> delay;
    Duration took{0};
  };

  void finish(RunId run, std::span<const Outcome> outcomes, Now now);
  /// The same when every handler of the run returned ack.
  void finish_all(RunId run, Now now);

  /// Reports handlers that have run past ack_wait (once each) as completions. A jump of the clock between
  /// two calls (the process was stopped) does not count against handlers: next_deadline() is never further
  /// away than half a second while something runs, so a pause of more than a second was one.
  void expire(Now now);
  std::optional<Duration> next_deadline() const;

  /// Drops what is queued and not running of a link's generations below `generation`. What is dropped comes
  /// out as completions with `dropped`, so that the link's core knows what it has in hand no longer.
  void drop(LinkId link, std::uint32_t generation);
  /// Drops what is queued and not running of these slots of a link, in the same way. As soon as nothing of a
  /// slot runs either, that comes out as a completion with `drained`, after the outcomes of what ran.
  void drain(LinkId link, SlotMask slots, std::uint32_t generation);
  /// Holds back the key's events of a link from now on, or no more.
  void change(LinkId link, const KeyChange& change);
  /// Drops everything queued that is not running (close), in the same way.
  void drop_queued();

  /// Completions since the last call are appended to `out`.
  void take_completions(std::vector<Completion>& out);

  bool has_completions() const;

  std::size_t queued() const;        ///< events queued, not running
  std::size_t queued_bytes() const;  ///< their records' bytes
  std::size_t running() const;       ///< runs in workers' hands

  bool idle() const { return queued() == 0 && running() == 0; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mesh::core
