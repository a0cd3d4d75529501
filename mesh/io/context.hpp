// A ZeroMQ context: the process-wide one of the library, or the service's own.
#pragma once

#include <memory>

#include <journal/result.hpp>

namespace mesh::io {

/// Keeps a context usable. Thread safe, as ZeroMQ contexts are.
class Context {
 public:
  Context(void* handle, bool owned) : handle_(handle), owned_(owned) {}

  /// Terminates the context if it is the library's. All sockets have LINGER 0, so this does not hang.
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void* handle() const { return handle_; }

 private:
  void* handle_;
  bool owned_;
};

/// The service's context when `own` is given, else the one that all parts of the library in this process
/// share (made for the first user, terminated after the last), so that inproc:// works between them. Error:
/// limit_reached (the process has no file descriptors left).
Result<std::shared_ptr<Context>> use_context(void* own);

}  // namespace mesh::io
