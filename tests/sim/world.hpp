// Virtual time: a heap of things that will happen, the clock, the chance and the trace of one run.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rng.hpp"
#include "trace.hpp"

namespace sim {

using mesh::Duration;
using namespace std::chrono_literals;

/// A promise was broken. Thrown by the checker, caught by whoever runs the simulation.
class Broken : public std::runtime_error {
 public:
  Broken(std::string promise, const std::string& what)
      : std::runtime_error(what), promise_(std::move(promise)) {}

  const std::string& promise() const { return promise_; }

 private:
  std::string promise_;
};

class World {
 public:
  using Action = std::function<void()>;

  World(std::uint64_t seed, Trace::Mode mode) : rng(mix(seed ^ 0x5eed)), trace(mode) { trace.clock(&now_); }

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Duration now() const { return now_; }

  std::uint64_t steps() const { return steps_; }

  bool empty() const { return heap_.empty(); }

  /// Runs `action` at `when` (at once if that has passed). Equal times run in the order they were asked for.
  void at(Duration when, Action action);

  void in(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs the next action. Precondition: not empty().
  void step();

  Rng rng;
  Trace trace;

 private:
  struct Item {
    Duration when;
    std::uint64_t order;
    Action action;
  };

  static bool later(const Item& a, const Item& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Duration now_{0};
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Item> heap_;
};

}  // namespace sim
