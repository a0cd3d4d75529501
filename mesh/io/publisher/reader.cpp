#include <mesh/io/publisher/reader.hpp>

#include <exception>

namespace mesh::io {

Reader::Reader(const Journal& journal, std::function<void(core::ReadResult)> answer)
    : journal_(journal), answer_(std::move(answer)) {}

Result<void> Reader::start() {
  auto thread = Thread::start("zmesh-read", [this] { run(); });
  if (!thread) return thread.error();
  thread_ = std::move(*thread);
  return {};
}

void Reader::add(core::ReadJob job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  added_.notify_one();
}

void Reader::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  added_.notify_one();
  thread_.join();
}

void Reader::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    added_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const core::ReadJob job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    answer_(carry_out(job));
  }
}

core::ReadResult Reader::carry_out(const core::ReadJob& read) {
  try {
    return core::run_read_job(journal_, read);
  } catch (const std::exception& error) {  // out of memory: the member asks again
    core::ReadResult result;
    result.id = read.id;
    result.through = read.after;
    result.error = fail(Errc::journal_io, error.what());
    return result;
  }
}

}  // namespace mesh::io
