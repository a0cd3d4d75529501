// One thread that does all of a node's HTTP: reading, answering, waiting.
#pragma once

#include <functional>
#include <memory>

#include <mesh/model/time.hpp>

namespace node::http {

class Loop {
 public:
  using Task = std::function<void()>;

  /// Starts the thread.
  Loop();
  /// As stop().
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs the task on the loop's thread. Tasks must not block. Any thread.
  void post(Task task);
  /// The same after a delay; what is left at the end never runs.
  void after(mesh::Duration delay, Task task);
  /// Ends the thread; connections are closed as they are.
  void stop();

  struct State;  ///< of those who know Asio

  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace node::http
