// The turns of a publisher's loop, and who takes them.
#include <mesh/io/publisher/publisher_engine.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include <mesh/io/clock.hpp>

namespace mesh::io {

namespace {

constexpr Duration sleep_longest = 10s;
/// A thread that publishes takes the engine's place only when there was no commit for so long: in a stream of
/// events it publishes the next while the engine commits the last.
constexpr Duration pause_min = 100us;

}  // namespace

void PublisherEngine::run() {
  std::unique_lock lock(turn_mutex_);
  try {
    while (!stopping_) turn(lock);
    wind_up();
  } catch (const std::exception& error) {
    // Out of memory in the middle of a turn: what is committed is safe, and nothing else may be claimed.
    notice({Level::error, "publisher.ended", std::string("the publisher's loop ended: ") + error.what()});
  }
  staging_.close();
  board_->close();
  refuse_waiting();
}

void PublisherEngine::turn(std::unique_lock<std::mutex>& lock) {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  for (const Notice& one : std::exchange(unsaid_, {})) notice(one);
  now_ = read_clocks();
  more_input_ = drain_subscriptions();
  more_input_ |= drain_control();
  drain_mailbox();
  // What members asked for need not wait for a commit that has nothing to do with it.
  if (staging_.waiting()) turn_->finish(now_);
  commit_staged();
  report_usage();
  core_->on_time(now_);
  turn_->finish(now_);
  staging_.set_full(core_->full());
  answer_watches();
  publish_stats();
  if (!stopping_) sleep(lock);
}

void PublisherEngine::commit_staged() {
  if (!staging_.waiting()) return;
  staged_.clear();
  staging_.take(staged_, commit_bytes_max);
  if (staged_.empty()) return;
  std::size_t bytes = 0;
  for (const auto& batch : staged_) bytes += batch.size() - batch_header_size;
  turn_->commit(staged_, now_);
  staging_.release(bytes);
  bytes_since_usage_ += bytes;
  ++totals_.commits;
  committed_ = steady_now().count();
}

void PublisherEngine::report_usage() {
  // Often enough that the limit is noticed within a fraction of a segment, and old age within seconds.
  const auto step = std::min<std::uint64_t>(settings_.segment_size / 8, 8u << 20);
  if (bytes_since_usage_ < step && now_.steady < usage_due_) return;
  core_->on_usage(journal_->usage(), journal_->dropped_through(), now_);
  bytes_since_usage_ = 0;
  usage_due_ = now_.steady + usage_interval;
}

Duration PublisherEngine::next_deadline() const {
  auto deadline = usage_due_;
  if (const auto due = core_->next_deadline()) deadline = std::min(deadline, *due);
  if (turn_->holding_state())
    deadline = std::min(deadline, now_.steady + core::PublisherTurn::retry_interval);
  return deadline;
}

void PublisherEngine::sleep(std::unique_lock<std::mutex>& lock) {
  if (more_input_) return;
  wake_at_ = next_deadline();
  waker_.arm();
  if (!staging_.waiting() && !mailbox_.waiting() && !sockets_->readable()) {
    // At least a millisecond, also for a deadline that has just passed: an idle publisher must not spin.
    const int timeout = std::max(1, poll_timeout(wake_at_, now_.steady, sleep_longest));
    std::array<pollfd, 3> items{
        {{sockets_->control_fd(), POLLIN, 0}, {sockets_->events_fd(), POLLIN, 0}, {waker_.fd(), POLLIN, 0}}};
    asleep_ = true;
    lock.unlock();
    // Not zmq_poll: that uses the sockets, which a short turn may be doing meanwhile.
    ::poll(items.data(), items.size(), timeout);
    lock.lock();
    asleep_ = false;
  }
  waker_.disarm();
}

void PublisherEngine::wind_up() {
  now_ = read_clocks();
  while (staging_.waiting()) commit_staged();
  core_->on_close(now_);
  turn_->finish(now_);
  answer_watches();
  publish_stats();
}

// ---- a thread that publishes ------------------------------------------------------------------------------

bool PublisherEngine::commit_here() {
  if (!asleep_ || steady_now().count() - committed_ < pause_min.count()) return false;
  const std::unique_lock lock(turn_mutex_, std::try_to_lock);
  if (!lock || !asleep_) return false;
  asleep_ = false;  // for what is published from within
  in_its_place_ = true;
  try {
    short_turn();
  } catch (...) {
    failure_ = std::current_exception();
  }
  in_its_place_ = false;
  asleep_ = true;
  // What it has come upon, it leaves to the engine: also input, of which the descriptors tell only once.
  if (failure_ || !unsaid_.empty() || staging_.waiting() || sockets_->readable() ||
      next_deadline() < wake_at_) {
    waker_.notify();
  }
  return true;
}

void PublisherEngine::short_turn() {
  now_ = read_clocks();
  commit_staged();
  turn_->finish(now_);
  staging_.set_full(core_->full());
  answer_watches();
  publish_stats();
}

}  // namespace mesh::io
