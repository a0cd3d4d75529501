// Wakes one thread after a while, unless the while is put off: cheaper than waking it at once. Still, setting
// it can take 20 us in a virtual machine, where that sets the processor's timer.
#pragma once

#include <journal/result.hpp>
#include <mesh/model/time.hpp>

namespace mesh::io {

class Alarm {
 public:
  Alarm();
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// False when the process had no descriptor left.
  bool is_open() const { return fd_ >= 0; }

  /// Any thread. It goes off after this long (at least a nanosecond) and not at the time set before.
  void set(Duration after);
  /// One thread. Returns once it has gone off since the last time; perhaps earlier.
  void wait();

 private:
  int fd_;
};

}  // namespace mesh::io
