// Runs handlers: threads around a Dispatcher, which decides what runs when. The engine pushes deliveries in
// and collects completions, both in bulk; threads wake each other only when somebody sleeps.
//
// There is one thread more than handlers may run at once, and the engine's loop is one of their duties: who
// has nothing to handle leads (drives that loop) if nobody does, else sleeps. The leader that has received
// something handles it itself while another takes the lead, so that no event waits for a thread to wake up
// between the socket and its handler; and the loop, with its signs of life, never waits for a handler for
// long. With one handler at a time another takes the lead only when that runs for more than a moment (1 ms,
// or 20 ms if the one before was quick), since waking a thread takes longer than most handlers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <mesh/core/consumer/dispatcher.hpp>
#include <mesh/io/alarm.hpp>
#include <mesh/io/thread.hpp>
#include <mesh/io/waker.hpp>

namespace mesh::io {

class Executor {
 public:
  using Outcome = core::Dispatcher::Outcome;
  /// Handles one event and fills `outcome` (an ack as given). `extend` asks for more time. Must not throw.
  using Handle = std::function<void(const core::Delivery& delivery, const std::function<void()>& extend,
                                    Outcome& outcome)>;

  struct Load {
    std::size_t queued = 0;
    std::size_t queued_bytes = 0;
    std::size_t running = 0;           ///< runs
    std::optional<Duration> deadline;  ///< when expire wants to be called

    bool idle() const { return queued == 0 && running == 0; }
  };

  /// Drives the engine's loop until hands_wanted(), then tells true; or to its end, then false. Must not
  /// throw.
  using Lead = std::function<bool()>;

  Executor(core::DispatcherSettings settings, Handle handle, Lead lead, Waker& engine);

  ~Executor() { stop(); }

  Result<void> start();

  // ---- the engine ----
  /// What was pushed could begin: the leader shall return, since nobody is woken for it.
  bool hands_wanted() const { return hands_wanted_; }

  /// They are gone afterwards.
  void push(std::vector<core::Delivery>& deliveries);
  void drop(core::LinkId link, std::uint32_t generation);
  void drain(core::LinkId link, SlotMask slots, std::uint32_t generation);
  void change(core::LinkId link, std::span<const core::KeyChange> keys);
  /// From now on nothing that has not begun will begin.
  void refuse();
  /// Appends the completions since the last time; notices handlers that are out of time.
  Load collect(std::vector<core::Completion>& completions, Now now);

  /// Completions wait to be collected.
  bool waiting() const { return waiting_.load(std::memory_order_acquire); }

  /// Ends the threads; waits for handlers under way. The engine's loop has ended, or was never begun.
  void stop();

  // ---- any thread ----
  std::uint64_t handled() const { return handled_.load(std::memory_order_relaxed); }

  /// The calling thread is one of these.
  bool is_worker() const;

 private:
  struct Worker {
    Thread thread;
    core::Run run;
    std::size_t begun = 0;          ///< events of the run
    std::vector<Outcome> outcomes;  ///< of them; empty: all were acknowledged
    std::function<void()> extend;
    // Written by the worker before each event, read under the mutex: how far its run is, and since when.
    std::atomic<std::size_t> index{0};
    std::atomic<Duration::rep> since{0};
    std::atomic<std::size_t> timed{0};  ///< the event that began at `since`
    core::RunId running = 0;            ///< guarded by the mutex; 0: none
    Duration::rep since_told = 0;       ///< guarded too, as is index_told: what the dispatcher knows
    std::size_t index_told = 0;
  };

  void work(Worker& worker);
  bool lead(std::unique_lock<std::mutex>& lock);
  void sleep(std::unique_lock<std::mutex>& lock);
  void sleep_until_alarm(std::unique_lock<std::mutex>& lock);
  void set_alarm(const core::Run& run, Duration now);
  void set_alarm(Duration now, Duration moment);
  void wake_all();
  void handle_run(Worker& worker, Duration started);
  void finish(Worker& worker, Duration started);

  const core::DispatcherSettings settings_;
  const Handle handle_;
  const Lead lead_;
  Waker& engine_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<bool> waiting_{false};
  std::atomic<bool> cut_{false};  ///< the run shall end after the event under way
  std::atomic<std::uint64_t> handled_{0};
  bool hands_wanted_ = false;  ///< the leader's

  std::mutex mutex_;
  std::condition_variable runnable_;
  std::unique_ptr<Alarm> alarm_;  ///< with one handler at a time it wakes the other thread; else null
  core::Dispatcher dispatcher_;
  unsigned sleeping_ = 0;
  Duration run_began_{0};  ///< the newest
  Duration last_run_{0};   ///< how long the one before took
  Duration led_at_{0};     ///< when somebody led last
  Duration alarm_at_{0};   ///< when it goes off; 0: not set
  bool leaderless_ = false;
  bool maybe_runnable_ = false;  ///< something was pushed since a worker found nothing to take
  bool refusing_ = false;
  bool stopping_ = false;
};

}  // namespace mesh::io
