// Ctrl-C and SIGTERM: the first asks to finish in an orderly way, the second ends the process at once.
#pragma once

#include <mesh/model/time.hpp>

namespace zmesh {

/// Make one before any other thread, at the start of a command that runs for long. It blocks SIGINT and
/// SIGTERM for the thread that makes it and those that come from it, and ignores SIGPIPE.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const;
  /// The same as a signal, from inside: wakes those who wait.
  void request();
  /// Readable once requested; for poll().
  int fd() const;
  /// From now on wait() takes it for a request, too, when nobody reads our stdout any more (`| head`).
  void watch_stdout();
  /// Waits until requested or the time is over; true: requested.
  bool wait(mesh::Duration timeout) const;

 private:
  struct State;
  State* state_;  ///< outlives the process's end on purpose: the signal thread is detached
};

}  // namespace zmesh
