// A consuming process: a MemberCore per publisher, one Dispatcher, and workers that run the story's handlers.
// It can die at any time, be stopped, be closed, and start again as a new incarnation.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <mesh/core/consumer/dispatcher.hpp>
#include <mesh/core/consumer/member_core.hpp>

#include "checker.hpp"
#include "network.hpp"
#include "publisher_node.hpp"

namespace sim {

class ConsumerNode final : public Client {
 public:
  /// `group` beyond the scenario's groups: a watcher. `publishers`: those it listens to.
  ConsumerNode(GroupIndex group, unsigned member, std::vector<PublisherNode*> publishers,
               const Scenario& scenario, Story& story, World& world, Checker& checker);

  // ---- the process ----
  void start();
  void crash();
  void close();
  void stop(Duration time);

  bool up() const { return process_ != 0; }

  bool stopped() const { return stopped_; }

  // ---- the network ----
  void cut(bool live, Duration away);

  // ---- Client ----
  bool running() const override { return up(); }

  std::uint64_t run() const override { return process_; }

  void on_answer(std::size_t link, mesh::ControlMessage message) override;
  void on_live(std::size_t link, mesh::LiveMessage message, std::function<void()> read) override;

  // ---- for the end ----
  /// Attached, at the head, nothing in hand.
  bool settled() const;
  std::string state() const;

 private:
  struct Link {
    PublisherNode* publisher = nullptr;
    PublisherIndex index = 0;
    std::unique_ptr<ControlLink> control;
    std::unique_ptr<LivePipe> live;
    std::unique_ptr<mesh::core::MemberCore> core;
    bool attached = false;  ///< was welcomed, and has not been told Detached since
  };

  struct Live {
    mesh::LiveMessage message;
    std::function<void()> read;
  };

  struct Input {
    std::size_t link;
    std::variant<mesh::ControlMessage, Live> what;
  };

  struct Worker {
    bool busy = false;
    bool cut = false;  ///< the run ends after the event under way
    mesh::core::Run run;
    std::size_t at = 0;
    std::vector<mesh::core::Dispatcher::Outcome> outcomes;
    Behaviour behaviour;
    Duration began{0};
    Duration left{0};  ///< of the handler's time
  };

  mesh::Now now() const;
  void begin_cores();
  void go_down(Checker::Ended how);
  void put(Input input);
  void wake(Duration delay);
  void turn();
  void take(Input input);
  void drain_completions();
  void carry_out(Link& link);
  void plan_next_turn();

  bool watcher() const { return group_ >= scenario_.groups.size(); }

  /// Events of a key wait for those before them.
  bool in_order() const {
    return !watcher() && scenario_.groups[group_].policy.order == mesh::Order::key &&
           scenario_.plant != Plant::successors_first;
  }

  void check_bounds() const;

  // workers
  void feed_workers();
  void begin_handler(std::size_t worker);
  void handler_slice(std::size_t worker, std::uint64_t run);
  void end_handler(std::size_t worker);
  void cut_runs();
  mesh::core::Completion::Kind verdict_of(const Worker& worker,
                                          mesh::core::Dispatcher::Outcome& outcome) const;

  const GroupIndex group_;
  const std::string member_;
  const Scenario& scenario_;
  Story& story_;
  World& world_;
  Checker& checker_;
  const std::string name_;
  unsigned concurrency_ = 1;

  ProcessId process_ = 0;
  ProcessId last_process_ = 0;  ///< this one, or the one before while it is down
  static constexpr Duration never = Duration::max();
  bool stopped_ = false;
  bool closing_ = false;
  Duration stopped_at_{0};
  Duration steady_offset_{0};
  std::vector<Link> links_;
  std::unique_ptr<mesh::core::Dispatcher> dispatcher_;
  std::deque<Input> inbox_;
  std::vector<Worker> workers_;
  std::vector<std::function<void()>> when_continued_;
  std::vector<mesh::core::Completion> completions_;
  Duration wake_at_ = never;
  std::uint64_t wake_id_ = 0;
};

}  // namespace sim
