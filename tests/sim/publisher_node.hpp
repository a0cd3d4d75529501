// A publishing process: staging, PublisherCore, PublisherTurn and the ports of the simulator. Its disk
// outlives it. It can die between any two steps of a turn, be stopped, be closed, and start again.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <mesh/core/publisher/publisher_turn.hpp>

#include "disk.hpp"
#include "network.hpp"

namespace sim {

/// A node reads at most so many messages before it acts on them.
inline constexpr std::size_t inputs_per_turn = 64;
/// The wall clock's time when virtual time begins.
inline constexpr mesh::WallTime wall_base = 1'760'000'000'000'000'000;

class PublisherNode final : public Server, public mesh::core::PublisherPorts {
 public:
  PublisherNode(PublisherIndex index, const Scenario& scenario, Story& story, World& world, Checker& checker);

  // ---- the process ----
  void start();
  void crash();
  /// Orderly end: ledgers flushed, journal closed.
  void close();
  void stop(Duration time);  ///< SIGSTOP, SIGCONT after `time`
  /// Its wall clock is set.
  void jump_clock();

  bool up() const { return core_ != nullptr; }

  bool stopped() const { return stopped_; }

  /// Starts again by itself after this, whatever brought it down.
  Duration down_for(Duration longest);

  // ---- the application ----
  /// Publishes the next event of the story. False: refused (down, or the journal is full).
  bool publish();
  void disk_full(bool yes);

  // ---- Server ----
  bool listening() const override { return up(); }

  std::uint64_t run() const override { return run_; }

  void on_request(const mesh::core::Route& route, mesh::ControlMessage message) override;
  void on_subscription(const std::string& prefix, bool active) override;

  // ---- wiring ----
  struct Peer {
    ControlLink* control = nullptr;
    LivePipe* live = nullptr;
    std::function<ProcessId()> process;
  };

  void attach(Peer peer);

  const std::string& endpoint() const { return endpoint_; }

  // ---- for the end ----
  mesh::core::PublisherCore* core() { return core_.get(); }

  bool idle() const;

  std::vector<mesh::GroupStatus> groups() const { return core_->groups(now()); }

  mesh::Seq head() const { return core_->head(); }

  std::string state() const;

 private:
  struct Request {
    mesh::core::Route route;
    mesh::ControlMessage message;
    bool forged = false;  ///< by a planted fault: nobody has sent it
  };

  struct Subscription {
    std::string prefix;
    bool active;
  };

  struct UsageDue {};

  using Input = std::variant<Request, Subscription, mesh::core::ReadResult, UsageDue>;

  mesh::Now now() const;
  void put(Input input);
  void wake(Duration delay);
  void turn();
  void take(Input input);
  void commit_staged();
  void plan_next_turn();
  void restart_in(Duration delay);
  void go_down();
  void crash_point();
  void usage_timer(std::uint64_t run);
  Peer* peer_of(const mesh::core::Route& route);
  ProcessId process_of(const mesh::core::Route& route) const;

  // planted faults
  void note_request(const Request& request);
  std::optional<mesh::ControlMessage> planted(const mesh::core::Route& route,
                                              const mesh::ControlMessage& message);
  void forge_events(const mesh::core::Route& route, Peer& peer);

  // PublisherPorts
  void send(const mesh::core::Route& route, const mesh::ControlMessage& message) override;
  void send_live(const mesh::LiveMessage& message) override;
  void start_read(mesh::core::ReadJob job) override;
  void drop_through(mesh::Seq seq) override;
  void confirmed(std::span<const mesh::Batch> batches) override;
  void failed(std::span<const mesh::Batch> batches, const mesh::Error& error) override;
  void notice(const mesh::Notice& notice) override;

  const PublisherIndex index_;
  const Scenario& scenario_;
  Story& story_;
  World& world_;
  Checker& checker_;
  const std::string name_;
  const std::string endpoint_;
  std::shared_ptr<mesh::MemoryStore> store_;
  std::uint64_t run_ = 0;
  bool stopped_ = false;
  bool full_ = false;
  bool power_lost_ = false;
  Duration steady_offset_{0};
  Duration wall_offset_{0};
  int crash_countdown_ = -1;

  std::unique_ptr<WatchedJournal> journal_;
  std::unique_ptr<mesh::core::PublisherCore> core_;
  std::unique_ptr<mesh::core::PublisherTurn> turn_;
  std::deque<Input> inbox_;
  mesh::Seq next_seq_ = 1;
  std::vector<mesh::Batch> staged_;
  std::unique_ptr<mesh::BatchBuilder> staging_;
  Duration wake_at_ = Duration::max();
  std::uint64_t wake_id_ = 0;
  Duration reader_free_{0};  ///< one reader thread does the jobs one after the other

  std::map<mesh::core::Route, mesh::Fetch> fetches_;  ///< without an answer; of a planted fault
  std::map<mesh::core::Route, std::vector<std::string>> prefixes_;

  std::vector<Peer> peers_;
  /// Peer and the process that it was when it connected.
  std::map<mesh::core::Route, std::pair<std::size_t, ProcessId>> routes_;
  std::shared_ptr<std::map<std::string, int>> subscriptions_ = std::make_shared<std::map<std::string, int>>();
};

}  // namespace sim
