#include <nodes/gateway/commit_watch.hpp>

namespace node {

CommitWatch::CommitWatch() : thread_([this] { run(); }) {}

CommitWatch::~CommitWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommitWatch::add(mesh::Receipt receipt, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(receipt), std::move(done)});
  }
  changed_.notify_all();
}

void CommitWatch::run() {
  std::deque<Entry> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    for (const auto& entry : batch) {
      wait_for(entry.receipt);
      entry.done();
    }
    batch.clear();
  }
}

void CommitWatch::wait_for(const mesh::Receipt& receipt) {
  using namespace std::chrono_literals;
  // A timeout only says that a commit takes long, as on a disk that hangs.
  while (!receipt.poll() && !ending_) {
    const auto outcome = receipt.wait(1s);
    if (outcome || outcome.error().code != mesh::Errc::timeout) return;
  }
}

}  // namespace node
