// A named thread that receives no signals and joins on destruction.
#pragma once

#include <functional>
#include <thread>

#include <journal/result.hpp>

namespace mesh::io {

class Thread {
 public:
  Thread() = default;

  ~Thread() { join(); }

  Thread(Thread&&) = default;

  Thread& operator=(Thread&& other) noexcept {
    join();
    thread_ = std::move(other.thread_);
    return *this;
  }

  /// `name` shows in tools (at most 15 bytes). `body` must not throw. Error: limit_reached.
  static Result<Thread> start(const char* name, std::function<void()> body);

  void join() {
    if (thread_.joinable()) thread_.join();
  }

  bool is_current() const { return thread_.get_id() == std::this_thread::get_id(); }

 private:
  std::thread thread_;
};

}  // namespace mesh::io
