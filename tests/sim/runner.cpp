#include "runner.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

namespace sim {

namespace {

constexpr unsigned processes_max = 16;
constexpr std::size_t counts_max = 32;
/// A run that takes longer than this (real time) hangs.
constexpr auto hang_after = std::chrono::seconds(240);

/// Shared by the worker processes.
struct Board {
  std::atomic<std::uint64_t> next;
  std::atomic<bool> stop;

  struct Worker {
    std::atomic<std::uint64_t> seed;
    std::atomic<std::uint64_t> failed;  ///< 0: nothing
    std::array<std::atomic<std::uint64_t>, counts_max> counts;
  };

  std::array<Worker, processes_max> workers;
};

Tally counts_of(const Board& board) {
  Tally sum;
  for (const auto& worker : board.workers) {
    std::size_t at = 0;
    Tally::each([&](const char*, auto member) { sum.*member += worker.counts[at++].load(); });
  }
  return sum;
}

void work(Board& board, Board::Worker& mine, const Plan& plan) {
  while (!board.stop) {
    const auto seed = board.next++;
    if (seed >= plan.from + plan.seeds) return;
    mine.seed = seed;
    const auto verdict = Simulation(seed, plan.plant, Trace::Mode::hash).run();
    std::size_t at = 0;
    Tally::each([&](const char*, auto member) { mine.counts[at++] += verdict.tally.*member; });
    if (!verdict.ok && plan.all) {
      std::printf("seed %llu: %s: %.300s\n", static_cast<unsigned long long>(seed), verdict.promise.c_str(),
                  verdict.what.c_str());
      std::fflush(stdout);
      mine.failed = seed;
    } else if (!verdict.ok) {
      mine.failed = seed;
      board.stop = true;
      return;
    }
  }
}

class Timer {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// A worker that has been on one seed for too long.
class HangWatch {
 public:
  bool hangs(std::uint64_t seed) {
    const auto now = std::chrono::steady_clock::now();
    if (seed != seed_) seed_ = seed, since_ = now;
    return seed != 0 && now - since_ > hang_after;
  }

 private:
  std::uint64_t seed_ = 0;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

struct Child {
  pid_t pid = 0;
  HangWatch watch;
};

void reap(Board& board, std::array<Child, processes_max>& children, unsigned count, Summary& summary) {
  for (unsigned index = 0; index < count; ++index) {
    auto& child = children[index];
    if (child.pid == 0) continue;
    const auto seed = board.workers[index].seed.load();
    if (child.watch.hangs(seed)) {
      summary.failed_seed = seed;
      summary.failure = "the run does not end";
      kill(child.pid, SIGKILL);
    }
    int status = 0;
    if (waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    child.pid = 0;
    if (WIFSIGNALED(status) && !summary.failed_seed) {
      summary.failed_seed = seed;
      summary.failure = std::string("the process was killed by ") + strsignal(WTERMSIG(status));
    } else if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && !summary.failed_seed) {
      summary.failed_seed = seed;
      summary.failure = "the process ended with status " + std::to_string(WEXITSTATUS(status));
    }
    if (summary.failed_seed) board.stop = true;
  }
}

}  // namespace

void add(Tally& sum, const Tally& one) {
  Tally::each([&](const char*, auto member) { sum.*member += one.*member; });
}

std::string to_text(const Tally& tally) {
  std::string text;
  Tally::each([&](const char* name, auto member) {
    if (!text.empty()) text += ", ";
    text += std::to_string(tally.*member) + " " + name;
  });
  return text;
}

Summary run_many(const Plan& plan) {
  void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto& board = *new (memory) Board{};
  board.next = plan.from;
  const auto count = std::min(plan.processes, processes_max);
  std::array<Child, processes_max> children;
  std::fflush(nullptr);
  // Blocked, so that a child's end is waited for below and cannot be missed.
  sigset_t ended, before;
  sigemptyset(&ended);
  sigaddset(&ended, SIGCHLD);
  pthread_sigmask(SIG_BLOCK, &ended, &before);
  for (unsigned index = 0; index < count; ++index) {
    children[index].pid = fork();
    if (children[index].pid == 0) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      work(board, board.workers[index], plan);
      _exit(0);
    }
  }
  Summary summary;
  const Timer timer;
  double told = 0;
  const auto running = [&] {
    return std::any_of(children.begin(), children.end(), [](const Child& child) { return child.pid > 0; });
  };
  while (running()) {
    constexpr timespec look_again = {.tv_sec = 0,
                                     .tv_nsec = 10'000'000};  // the limits, the hanging, the progress
    sigtimedwait(&ended, nullptr, &look_again);
    if (plan.time_limit && timer.seconds() > *plan.time_limit) board.stop = true;
    reap(board, children, count, summary);
    if (plan.progress && timer.seconds() - told > 5) {
      told = timer.seconds();
      std::fprintf(stderr, "%6.0f s  %llu seeds\n", told,
                   static_cast<unsigned long long>(counts_of(board).seeds));
    }
  }
  for (const auto& worker : board.workers) {
    const auto seed = worker.failed.load();
    if (seed != 0 && (!summary.failed_seed || seed < *summary.failed_seed)) {
      summary.failed_seed = seed;
      summary.failure.clear();
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  summary.tally = counts_of(board);
  summary.seconds = timer.seconds();
  munmap(memory, sizeof(Board));
  return summary;
}

}  // namespace sim
