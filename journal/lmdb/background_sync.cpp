#include <signal.h>

#include <journal/lmdb/background_sync.hpp>
#include <journal/lmdb/files.hpp>

namespace mesh::lmdb {

BackgroundSync::~BackgroundSync() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void BackgroundSync::add(std::string path, Seq last) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back({std::move(path), last, std::chrono::steady_clock::now() + delay});
  changed_.notify_all();
  if (thread_.joinable()) return;
  // Signals are for the threads of the application.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Seq BackgroundSync::synced_through() const {
  const std::lock_guard lock(mutex_);
  return synced_through_;
}

bool BackgroundSync::finish() {
  std::unique_lock lock(mutex_);
  finishing_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return tasks_.empty(); });
  return !failed_;
}

void BackgroundSync::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    changed_.wait_until(lock, tasks_.front().due, [this] { return stop_ || finishing_; });
    const Task task = tasks_.front();
    lock.unlock();
    // A segment that retention has unlinked meanwhile needs no sync.
    const bool done = !exists(task.path) || sync_file(task.path).ok() || !exists(task.path);
    lock.lock();
    failed_ = failed_ || !done;
    if (!failed_) synced_through_ = task.last;
    tasks_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace mesh::lmdb
