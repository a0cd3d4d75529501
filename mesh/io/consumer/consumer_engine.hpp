// A consumer's loop: its links' sockets and cores are its alone. One turn is
//
//   mailbox and completions -> drain the sockets (bounded) -> core.on_time -> carry out effects
//   -> sleep until a socket, the mailbox, a completion or a deadline
//
// The executor's threads take turns at driving it; see there.
#pragma once

#include <poll.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include <mesh/io/consumer/executor.hpp>
#include <mesh/io/consumer/link.hpp>
#include <mesh/io/consumer/watchdog.hpp>
#include <mesh/io/mailbox.hpp>

namespace mesh::io {

struct ConsumerEngineSettings {
  std::shared_ptr<Context> context;
  std::vector<std::string> publishers;  ///< control endpoints, checked
  core::MemberSettings member;          ///< of every link, but for its index
  std::uint32_t concurrency = 1;
  std::size_t event_size_max = 1u << 20;
  Executor::Handle handle;
  std::function<void(core::LinkId link, const Origin& origin, const std::string& name)>
      on_source;  ///< see Link
  LogCallback log;
};

/// What is known of one link; a copy.
struct LinkReport {
  core::MemberCore::Phase phase = core::MemberCore::Phase::attaching;
  std::optional<Origin> origin;
  std::string publisher;
  Seq position = 0;
  Seq head = 0;
  bool caught_up = false;
  core::MemberCounters counters;
  std::uint64_t reconnects = 0;
  std::string last_error;
};

struct ConsumerReport {
  std::vector<LinkReport> links;
  std::size_t queued = 0;
  std::size_t running = 0;
  bool caught_up = false;  ///< all links are, and everything received is settled
  bool ended = false;
};

class ConsumerEngine {
 public:
  static Result<std::unique_ptr<ConsumerEngine>> open(ConsumerEngineSettings settings);
  ~ConsumerEngine();

  // ---- any thread ----
  ConsumerReport report() const;

  std::uint64_t handled() const { return executor_.handled(); }

  /// From now on no handler begins.
  void refuse() { executor_.refuse(); }

  bool is_worker() const { return executor_.is_worker(); }

  /// Waits until report().caught_up. Errors: timeout, closed.
  Result<void> wait_caught_up(Duration timeout) const;
  /// Drains and detaches; after the timeout it leaves without waiting. Once. Error: timeout.
  Result<void> close(Duration timeout);

 private:
  struct Watched {
    Watchdog::Id id = 0;
    LinkEvent event = LinkEvent::connected;
  };

  struct Close {
    bool abandon = false;
  };

  using Mail = std::variant<Watched, Close>;

  explicit ConsumerEngine(ConsumerEngineSettings settings);
  Result<void> start();

  // Whoever leads.
  bool lead();
  void end();
  void turn();
  void drain_mailbox();
  void collect_completions();
  Duration ask_again() const;
  void close_links(bool abandon);
  void publish_report();
  void sleep();
  bool all_left() const;

  ConsumerEngineSettings settings_;
  Waker waker_;
  Mailbox<Mail> mailbox_{waker_};
  Executor executor_;
  Watchdog watchdog_;
  std::vector<std::unique_ptr<Link>> links_;
  bool started_ = false;

  // The leader's.
  Now now_;
  bool closing_ = false;
  std::optional<Duration> farewell_;  ///< when to end at the latest
  bool ending_ = false;
  bool was_caught_up_ = false;
  bool more_input_ = false;
  Executor::Load load_;
  std::vector<Mail> mail_;
  std::vector<core::Completion> completions_;
  std::vector<pollfd> poll_items_;
  Duration reported_{-1h};

  mutable std::mutex report_mutex_;
  mutable std::condition_variable reported_change_;
  ConsumerReport report_;
};

}  // namespace mesh::io
