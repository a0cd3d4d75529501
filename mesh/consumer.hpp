// A consumer: takes the events of one or more publishers for one durable group, and hands them to handlers.
//
//   mesh::ConsumerOptions options;
//   options.publishers = {"tcp://127.0.0.1:5601"};
//   options.group = "notifications";
//   options.on("booking.created", [](const mesh::Event& event) { return mesh::ack(); });
//   auto consumer = mesh::Consumer::open(std::move(options)).value();
//
// An event is acknowledged when its handler has returned ack, never before. Until then it comes again: after
// retry, after an exception, after a crash of this process. What keeps failing is parked at the publisher,
// with its history. Publishers need not be up when the consumer opens, and may come and go.
//
// Threads: handlers run on the consumer's worker threads; every function here may be called from any thread
// but a handler's, where only stop() is allowed (close would wait for itself: invalid_argument).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <mesh/event.hpp>
#include <mesh/model/notice.hpp>
#include <mesh/model/policy.hpp>
#include <mesh/model/time.hpp>

namespace mesh {

/// How events come to a member.
enum class DeliveryPath : std::uint8_t {
  live = 1,    ///< the live stream, which carries every member's events, and fetches for what it loses
  direct = 2,  ///< fetches alone: only events of this member's slots, with credit; it never subscribes. For
               ///< groups of many members, slow links, and names that may not see the whole stream
};

struct ConsumerOptions {
  /// Control endpoints of the publishers (tcp://HOST:PORT, ipc://PATH, inproc://NAME); 1 to 256.
  std::vector<std::string> publishers;
  /// The durable group. Empty: only watch; nothing is acknowledged, kept or retried for us.
  std::string group;
  /// Names this process within the group; empty: HOSTNAME-PID-COUNTER.
  std::string member;
  /// Which topics; empty: the prefixes of the handlers (or every topic with on_any). All members of a group
  /// must want the same.
  std::vector<std::string> prefixes;

  /// Handlers that run at once (1 to 1024). Events with one key never do, and keep their order; whether they
  /// keep it while one waits for its retry is `retry.order`'s.
  unsigned concurrency = 1;
  /// Where the group begins if this consumer is the one that creates it.
  Start start{};
  RetryPolicy retry{};

  /// Events and bytes in hand (queued or being handled) per publisher; beyond it nothing more is taken on.
  std::size_t window_events = 65'536;
  std::size_t window_bytes = 32u << 20;
  /// Bytes of live messages held while catching up, per publisher.
  std::size_t hold_bytes = 8u << 20;
  /// Bytes asked for by one fetch.
  std::uint32_t fetch_bytes = 4u << 20;
  /// Largest event a publisher may send, in bytes: its event_size_max or more. (What a relay has added to it,
  /// less than 1 KiB, comes through besides.)
  std::size_t event_size_max = 1u << 20;
  /// Settled events are reported at the latest after this; with a concurrency of 1 up to 20 ms later while a
  /// handler runs that takes longer than those before it.
  Duration ack_interval = 5ms;
  DeliveryPath delivery = DeliveryPath::live;

  /// How long the destructor drains (see close).
  Duration close_timeout = 10s;
  /// As in PublisherOptions.
  void* zmq_context = nullptr;
  /// Gets what the consumer has to say about itself. Called on its threads: must not block or call back.
  LogCallback log;

  /// The handler of topics that start with this prefix; the longest matching prefix wins. A handler takes
  /// `const Event&` and returns Outcome, or nothing, which is ack. An event that no handler matches is parked
  /// (no_handler).
  template <class F>
  ConsumerOptions& on(std::string prefix, F handler) {
    handlers.emplace_back(std::move(prefix), wrap(std::move(handler)));
    return *this;
  }

  /// The handler of every other topic.
  template <class F>
  ConsumerOptions& on_any(F handler) {
    return on("", std::move(handler));
  }

  std::vector<std::pair<std::string, Handler>> handlers;

 private:
  template <class F>
  static Handler wrap(F handler) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const Event&>>) {
      return [handler = std::move(handler)](const Event& event) mutable {
        handler(event);
        return ack();
      };
    } else {
      return Handler(std::move(handler));
    }
  }
};

/// Where a consumer stands with one publisher.
enum class LinkPhase : std::uint8_t { attaching = 0, catching_up = 1, live = 2, leaving = 3, left = 4 };
std::string_view to_string(LinkPhase phase);

/// Totals since the consumer was opened; of one publisher, or of all.
struct LinkStats {
  std::string endpoint;          ///< empty in the total
  std::optional<Origin> origin;  ///< once attached
  std::string publisher;         ///< its name, once attached
  LinkPhase phase = LinkPhase::attaching;
  bool caught_up = false;      ///< has everything up to the publisher's head as last heard
  Seq position = 0;            ///< everything that matches up to here was received
  Seq head = 0;                ///< the publisher's, as last heard
  std::uint64_t received = 0;  ///< events for handlers
  std::uint64_t received_bytes = 0;
  std::uint64_t live = 0;         ///< of them by the live stream
  std::uint64_t fetched = 0;      ///< of them by fetch
  std::uint64_t redelivered = 0;  ///< of them after a failed attempt
  std::uint64_t settled = 0;      ///< acknowledged
  std::uint64_t retried = 0;
  std::uint64_t parked = 0;
  std::uint64_t gaps = 0;        ///< losses of the live stream, noticed and repaired
  std::uint64_t demotions = 0;   ///< times this consumer was too slow for the live stream and fetched again
  std::uint64_t duplicates = 0;  ///< came twice and were dropped
  std::uint64_t expired = 0;     ///< seqs that the publisher's retention took
  std::uint64_t stale = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t reconnects = 0;  ///< connections that the watchdog had to revive
  std::string last_error;        ///< of the newest refusal; empty: none
};

struct ConsumerStats {
  LinkStats total;               ///< phase: the least advanced; caught_up: all are
  std::vector<LinkStats> links;  ///< one per publisher, in the order of the options
  std::uint64_t handled = 0;     ///< handler calls that have returned
  std::uint64_t queued = 0;      ///< events waiting for a handler
  std::uint64_t running = 0;     ///< handlers at work (with concurrency 1, runs of events)
};

class Consumer {
 public:
  /// Starts the consumer's threads; attaching goes on in the background. Errors: invalid_argument,
  /// invalid_topic (a prefix), endpoint_invalid.
  static Result<Consumer> open(ConsumerOptions options);

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;
  /// Closes with close_timeout if close() was not called.
  ~Consumer();

  /// Drains: takes no more events, lets the running handlers finish, reports what they settled and detaches,
  /// so that a restart redelivers nothing. What was queued but not begun goes back unharmed. Error: timeout:
  /// a handler did not return in time (its events will come again, marked redelivered; this call still waits
  /// for it to return, since its thread cannot be ended) or a publisher did not answer.
  Result<void> close(Duration timeout);
  Result<void> close();

  /// Lets nothing more begin: what is queued goes back unharmed when close() is called, which should follow
  /// soon. Also from inside a handler: with concurrency 1, the event in its hands is then the last one.
  void stop();

  /// Any time; takes a lock for a moment.
  ConsumerStats stats() const;

  /// Waits until every publisher is attached and all it had then has been received and settled here. Errors:
  /// timeout, closed.
  Result<void> wait_caught_up(Duration timeout) const;

  const std::string& member() const;

 private:
  struct State;
  explicit Consumer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mesh
