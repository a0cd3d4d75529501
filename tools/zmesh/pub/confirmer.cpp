#include <tools/zmesh/pub/confirmer.hpp>

#include <cerrno>

#include <tools/zmesh/console.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace zmesh {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t receipts_waiting_max = 1 << 20;
constexpr mesh::Duration receipt_timeout = 60s;

}  // namespace

Confirmer::Confirmer(bool print, Interrupt& interrupt) : print_(print), interrupt_(interrupt) {
  thread_ = std::thread([this] { loop(); });
}

Confirmer::~Confirmer() {
  finish();
}

void Confirmer::add(std::uint64_t line, mesh::Receipt receipt) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.size() < receipts_waiting_max; });
  waiting_.push_back({line, std::move(receipt)});
  if (waiting_.size() == 1) changed_.notify_all();
}

void Confirmer::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Confirmer::loop() {
  std::deque<Entry> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return finished_ || !waiting_.empty(); });
      if (waiting_.empty()) break;
      batch.swap(waiting_);
    }
    changed_.notify_all();
    // One wait per commit: once its oldest event has an outcome, so have the others, which poll tells.
    for (const auto& entry : batch) {
      if (auto outcome = entry.receipt.poll()) {
        settle(entry, *outcome);
        continue;
      }
      flush();
      settle(entry, entry.receipt.wait(receipt_timeout));
    }
    flush();
    batch.clear();
  }
}

void Confirmer::settle(const Entry& entry, const mesh::Result<mesh::Seq>& outcome) {
  if (outcome) {
    ++committed_;
    if (!print_) return;
    out_ += "{\"seq\":";
    append_number(out_, *outcome);
    out_ += "}\n";
    return;
  }
  ++not_committed_;
  if (first_failed_) {
    first_failed_->last = entry.line;
    return;
  }
  first_failed_ = Failed{entry.line, entry.line, outcome.error()};
  interrupt_.request();
}

void Confirmer::flush() {
  if (out_.empty()) return;
  if (stdout_error_ == 0 && !write_out(out_)) {
    stdout_error_ = errno;
    interrupt_.request();
  }
  out_.clear();
}

}  // namespace zmesh
