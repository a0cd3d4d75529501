#include <mesh/io/publisher/reader.hpp>

#include <algorithm>
#include <exception>
#include <set>

namespace mesh::io {
namespace {

/// Jobs that begin within so many events of each other are carried out together, and at most so many: what
/// they find is in memory at the same time.
constexpr Seq near = 20'000;
constexpr std::size_t together_max = 16;

}  // namespace

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
    const auto jobs = next();
    lock.unlock();
    carry_out(jobs);
  }
}

// The first, and those that can be read for in the same pass.
std::vector<core::ReadJob> Reader::next() {
  std::vector<core::ReadJob> chosen;
  chosen.push_back(std::move(jobs_.front()));
  jobs_.pop_front();
  if (chosen.front().kind != core::ReadJob::Kind::range) return chosen;
  const Seq after = chosen.front().after;
  for (auto job = jobs_.begin(); job != jobs_.end() && chosen.size() < together_max;) {
    const Seq distance = std::max(job->after, after) - std::min(job->after, after);
    if (job->kind == core::ReadJob::Kind::range && distance <= near) {
      chosen.push_back(std::move(*job));
      job = jobs_.erase(job);
    } else {
      ++job;
    }
  }
  return chosen;
}

void Reader::carry_out(const std::vector<core::ReadJob>& jobs) {
  std::set<std::uint64_t> answered;
  try {
    if (jobs.front().kind != core::ReadJob::Kind::range) {
      return answer_(core::run_read_job(journal_, jobs.front()));
    }
    core::run_range_jobs(journal_, jobs, [&](core::ReadResult result) {
      answered.insert(result.id);
      answer_(std::move(result));
    });
  } catch (const std::exception& error) {  // out of memory: the members ask again
    for (const core::ReadJob& job : jobs) {
      if (answered.contains(job.id)) continue;
      core::ReadResult result;
      result.id = job.id;
      result.through = job.after;
      result.error = fail(Errc::journal_io, error.what());
      answer_(std::move(result));
    }
  }
}

}  // namespace mesh::io
