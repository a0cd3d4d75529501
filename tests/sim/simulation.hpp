// One run: the whole mesh in one thread and in virtual time, from one seed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consumer_node.hpp"
#include "operator_node.hpp"
#include "publisher_node.hpp"

namespace sim {

/// How a run ended.
struct Verdict {
  bool ok = true;
  std::string promise;  ///< that broke
  std::string what;
  Duration when{0};
  std::uint64_t hash = 0;  ///< of the trace
  Tally tally;
  std::vector<std::string> tail;  ///< the last lines, when they were kept
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Plant plant, Trace::Mode mode);

  /// Runs to the end or to the first broken promise.
  Verdict run();

  const Scenario& scenario() const { return scenario_; }

 private:
  void play();
  void begin();
  void publish_some();
  void repeat(Duration every, std::function<void()> evil);
  void begin_evils();
  void end_evils();
  void publish_last(PublisherNode& publisher);
  void until(Duration time);
  bool quiet() const;
  std::string restless() const;
  void await_quiet();
  void inquest();

  ConsumerNode& some_consumer() { return *consumers_[world_.rng.below(consumers_.size())]; }

  PublisherNode& some_publisher() { return *publishers_[world_.rng.below(publishers_.size())]; }

  void stop_somebody();
  void cut_something();

  Scenario scenario_;
  World world_;
  Story story_;
  Checker checker_;
  std::vector<std::unique_ptr<PublisherNode>> publishers_;
  std::vector<std::unique_ptr<ConsumerNode>> consumers_;
  std::unique_ptr<OperatorNode> operator_;
};

}  // namespace sim
