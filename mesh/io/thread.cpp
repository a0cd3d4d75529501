#include <mesh/io/thread.hpp>

#include <pthread.h>
#include <signal.h>

namespace mesh::io {

Result<Thread> Thread::start(const char* name, std::function<void()> body) {
  // A new thread inherits the mask: signals are for the service's own threads, and an interrupted poll or
  // receive is where libzmq has lost messages before.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Thread thread;
  std::string why;
  try {
    thread.thread_ = std::thread(std::move(body));
    pthread_setname_np(thread.thread_.native_handle(), name);
  } catch (const std::exception& error) {
    why = error.what();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!why.empty()) return fail(Errc::limit_reached, "cannot start a thread: " + why);
  return thread;
}

}  // namespace mesh::io
