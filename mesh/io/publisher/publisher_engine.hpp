// A publisher's loop: the journal's writes, the core and the sockets are for its turns alone. One turn is
//
//   drain subscriptions, control and mailbox (bounded) -> commit the core's state and send
//   -> commit what is staged -> core.on_time -> commit the core's state and send
//   -> sleep until a socket, the mailbox, staging or a deadline
//
// Others reach it through publish (staging), call and watch (mailbox). While its thread sleeps, one that
// publishes may take a short turn in its place (commit what is staged, and send): where commits are quick,
// that is sooner done than a thread is woken.
#pragma once

#include <exception>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <variant>
#include <vector>

#include <mesh/core/publisher/publisher_turn.hpp>
#include <mesh/io/mailbox.hpp>
#include <mesh/io/publisher/publisher_sockets.hpp>
#include <mesh/io/publisher/reader.hpp>
#include <mesh/io/publisher/receipt_board.hpp>
#include <mesh/io/publisher/staging.hpp>
#include <mesh/io/thread.hpp>
#include <mesh/wire/wire.hpp>

namespace mesh::io {

struct PublisherEngineSettings {
  std::shared_ptr<Context> context;
  PublisherEndpoints endpoints;
  std::size_t staging_bytes_max = 16u << 20;
  bool quick_commits = false;  ///< they do not wait for the disk: threads that publish may make them
  std::uint64_t segment_size = 256ull << 20;
  core::PublisherSettings core;  ///< events_endpoint is filled in here
  std::vector<core::GroupDeclaration> groups;
  LogCallback log;
};

struct PublisherEngineStats {
  core::PublisherCounters core;
  std::uint64_t commits = 0;
  std::uint64_t failed = 0;       ///< events
  std::uint64_t undecodable = 0;  ///< messages that did not decode
  std::uint64_t unroutable = 0;   ///< answers that could not be sent
  Seq head = 0;
  std::optional<Error> commit_error;  ///< of the newest commit of events, if it failed
  WallTime commit_failed_at = 0;
};

class PublisherEngine final : private core::PublisherPorts {
 public:
  /// Restores the core, binds, and starts the threads.
  static Result<std::unique_ptr<PublisherEngine>> open(std::unique_ptr<Journal> journal,
                                                       PublisherEngineSettings settings);
  ~PublisherEngine() override;

  // ---- any thread ----
  Staging& staging() { return staging_; }

  const std::shared_ptr<ReceiptBoard>& board() const { return board_; }

  const Identity& identity() const { return journal_->identity(); }

  const PublisherSockets& sockets() const { return *sockets_; }

  PublisherEngineStats stats() const;

  /// An operator's request of this process: answered by the core as a remote one would be. The message's id
  /// is set here. Errors: timeout, closed, and the code of a refusal.
  Result<ControlMessage> call(ControlMessage message, Duration timeout);
  /// Waits until every group has settled everything up to seq (with a timeout of 0: tells whether).
  Result<void> wait_settled(Seq seq, Duration timeout);

  /// Commits what is staged, flushes the ledgers, ends the threads and closes the journal. Once.
  Result<void> close(Duration timeout);

 private:
  struct Call {
    ControlMessage message;
    std::promise<Result<ControlMessage>> answer;
  };

  struct Watch {
    Seq seq = 0;
    bool once = false;  ///< answer at once, either way
    std::promise<Result<void>> answer;
  };

  struct Stop {};

  using Mail = std::variant<core::ReadResult, std::shared_ptr<Call>, std::shared_ptr<Watch>, Stop>;

  PublisherEngine(std::unique_ptr<Journal> journal, PublisherEngineSettings settings);
  Result<void> start();

  /// A turn commits about this much at most: what is sent after it can be received while the next is
  /// committed, and a fetch is answered between two. (1 MiB is a fifth faster end to end than 4 MiB on two
  /// cores.)
  static constexpr std::size_t commit_bytes_max = 1u << 20;
  static constexpr Duration usage_interval = 2s;

  // The engine's thread; publisher_loop.cpp.
  void run();
  void turn(std::unique_lock<std::mutex>& lock);
  bool drain_subscriptions();
  bool drain_control();
  void drain_mailbox();
  void handle(core::ReadResult& result);
  void handle(std::shared_ptr<Call>& call);
  void handle(std::shared_ptr<Watch>& watch);
  void handle(const Stop& stop);
  void commit_staged();
  void report_usage();
  bool is_settled(Seq seq) const;
  void answer_watches();
  void publish_stats();
  Duration next_deadline() const;
  void sleep(std::unique_lock<std::mutex>& lock);
  void wind_up();
  void refuse_waiting();

  // A thread that publishes; publisher_loop.cpp.
  bool commit_here();
  void short_turn();

  // core::PublisherPorts
  void send(const core::Route& route, const ControlMessage& message) override;
  void send_live(const LiveMessage& message) override;
  void start_read(core::ReadJob job) override;
  void drop_through(Seq seq) override;
  void confirmed(std::span<const Batch> batches) override;
  void failed(std::span<const Batch> batches, const Error& error) override;
  void notice(const Notice& notice) override;

  void answer_call(const ControlMessage& message);

  const std::unique_ptr<Journal> journal_;
  PublisherEngineSettings settings_;
  const wire::Limits limits_;
  Waker waker_;
  Mailbox<Mail> mailbox_{waker_};
  Staging staging_;
  const std::shared_ptr<ReceiptBoard> board_;
  std::optional<PublisherSockets> sockets_;
  std::unique_ptr<core::PublisherCore> core_;
  std::unique_ptr<core::PublisherTurn> turn_;
  Reader reader_;
  Thread thread_;
  std::atomic<std::uint64_t> call_count_{0};
  std::atomic<bool> ended_{false};

  std::mutex turn_mutex_;                    ///< held but while the engine's thread sleeps
  std::atomic<bool> asleep_{false};          ///< written with it
  std::atomic<Duration::rep> committed_{0};  ///< when that was last done

  // Of turns.
  Duration wake_at_{0};  ///< the engine's thread sleeps until then
  bool in_its_place_ = false;
  std::vector<Notice> unsaid_;  ///< of short turns: the owner's callback is for the engine's thread
  std::exception_ptr failure_;  ///< of a short turn
  Now now_;
  bool stopping_ = false;
  bool more_input_ = false;
  std::vector<Mail> mail_;
  std::vector<Batch> staged_;
  std::map<std::uint64_t, std::weak_ptr<Call>> calls_;
  std::vector<std::weak_ptr<Watch>> watches_;
  std::uint64_t bytes_since_usage_ = 0;
  Duration usage_due_{0};
  PublisherEngineStats totals_;

  mutable std::mutex stats_mutex_;
  PublisherEngineStats stats_;
};

}  // namespace mesh::io
