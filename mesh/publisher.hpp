// A publisher: a journal, and the two sockets through which groups get its events. Start here.
//
//   auto publisher = mesh::Publisher::open({.journal = "/var/lib/bookings", .name = "bookings",
//                                           .control = "tcp://127.0.0.1:5601"}).value();
//   auto receipt = publisher.publish("booking.created", "b-17", mesh::pack(booking)).value();
//   receipt.wait(1s).value();                     // it is in the journal; what that survives:
//   options.durability
//
// publish() encodes the event into memory and returns; the publisher's own thread commits all that has
// gathered in one transaction, sends it to whoever is subscribed, and completes the receipts. A slow or
// absent consumer never slows it: what was not delivered is fetched from the journal later. (With durability
// `os` and nothing else under way, the thread that publishes commits and sends its event itself, in some
// microseconds; try_publish never does.)
//
// Threads: every function may be called from any thread, also at once. Handles are moved, not copied.
// Forking: open after fork(), never before.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <journal/journal.hpp>
#include <mesh/model/messages.hpp>
#include <mesh/model/notice.hpp>
#include <mesh/model/policy.hpp>
#include <mesh/model/retention.hpp>
#include <mesh/model/time.hpp>
#include <mesh/receipt.hpp>

namespace mesh {

/// A durable group that shall exist from the start, before its first member has come: nothing that is
/// published from now on is dropped until it has settled it. (A member that attaches creates its group
/// otherwise.)
struct Group {
  std::string name{};
  std::vector<std::string> prefixes{};  ///< none: every topic
  Start start{};
  RetryPolicy retry{};
};

struct PublisherOptions {
  /// Directory of the journal; made when missing (its parent must exist). One publisher per journal.
  std::string journal{};
  /// Human name, kept in the journal; 1 to 100 bytes of letters, digits and . _ - : @ / (see valid_name).
  std::string name = "publisher";

  /// Where members attach: tcp://ADDRESS:PORT (PORT `*` takes a free one), ipc://PATH or inproc://NAME. An
  /// address other than loopback is refused unless `insecure`, as there is no encryption or authentication
  /// yet.
  std::string control = "tcp://127.0.0.1:*";
  /// Where the live stream is sent. Empty: beside control (a free port of its address; PATH.events;
  /// NAME.events).
  std::string events{};
  bool insecure = false;

  /// What a confirmed publish survives: `disk` a power loss, `os` any crash of the process.
  Durability durability = Durability::disk;
  RetentionPolicy retention{};
  std::uint64_t segment_size = 256ull << 20;  ///< bytes per journal segment (64 KiB to 16 GiB)

  /// Largest encoded event, in bytes (up to 64 MiB); a larger one is event_too_large. Consumers must accept
  /// as much (ConsumerOptions::event_size_max).
  std::size_t event_size_max = 1u << 20;
  /// Bytes that may wait for their commit; beyond it publish waits, and try_publish says staging_full.
  /// At least event_size_max.
  std::size_t staging_bytes_max = 16u << 20;

  std::vector<Group> groups{};
  /// A member that was silent for longer loses its slots (100 ms to 1 h).
  Duration lease = 5s;
  /// What members settled is committed at the latest after this (a crash may lose that much: duplicates);
  /// while the journal is full after 50 ms, if that is less.
  Duration ledger_flush = 250ms;
  /// Messages that may wait for one slow subscriber of the live stream; what does not fit it must fetch.
  /// A message is at most about 256 KiB, or one larger event. (1 to 1,000,000)
  int live_messages_max = 256;

  /// A ZeroMQ context (`void*` of zmq_ctx_new) of the service; needed for inproc:// between parts that do not
  /// share the library's own. It must outlive the publisher, which never terminates it.
  void* zmq_context = nullptr;
  /// Gets what the publisher has to say about itself. Called on its threads: must not block or call back.
  LogCallback log{};
};

/// Totals since the publisher was opened.
struct PublisherStats {
  std::uint64_t published = 0;  ///< events accepted by publish
  std::uint64_t committed = 0;  ///< events in the journal
  std::uint64_t failed = 0;     ///< events whose commit failed
  std::uint64_t bytes = 0;      ///< committed, as encoded
  std::uint64_t commits = 0;    ///< journal transactions with events
  std::uint64_t sent = 0;       ///< events sent on the live stream (each counts once)
  std::uint64_t unsent = 0;     ///< events nobody was subscribed to
  std::uint64_t live_messages = 0;
  std::uint64_t fetched = 0;      ///< events sent in answer to fetches
  std::uint64_t redelivered = 0;  ///< redeliveries sent
  std::uint64_t retried = 0;      ///< failed attempts
  std::uint64_t parked = 0;
  std::uint64_t expired = 0;  ///< seqs that retention took from groups that had not settled them
  std::uint64_t acks = 0;
  std::uint64_t stale_acks = 0;
  std::uint64_t refused = 0;       ///< requests that were refused
  std::uint64_t undecodable = 0;   ///< messages from members that did not decode
  std::uint64_t unroutable = 0;    ///< answers that could not be sent (the protocol repeats them)
  std::uint64_t staged_bytes = 0;  ///< now waiting for their commit
  Seq head = 0;                    ///< last committed seq
  /// Why the newest commit of events failed, and when; nothing: it did not. Only the next one tells whether
  /// it still would.
  std::optional<Error> commit_error;
  WallTime commit_failed_at = 0;
};

/// What a redrive or discard did, or with dry_run would do.
struct ParkedResult {
  std::uint64_t count = 0;
  std::vector<Seq> seqs;  ///< the first 1000 of them
};

class Publisher {
 public:
  /// Opens the journal, binds the sockets and starts the publisher's threads. Errors: those of open_journal,
  /// invalid_argument, endpoint_invalid, endpoint_in_use, journal_damaged.
  static Result<Publisher> open(PublisherOptions options);

  Publisher(Publisher&&) noexcept;
  Publisher& operator=(Publisher&&) noexcept;
  /// Closes with a timeout of 10 s if close() was not called.
  ~Publisher();

  /// How long publish waits for room by default.
  static constexpr Duration publish_timeout = 10s;

  /// Hands an event over. When this returns, the event has its seq and is on its way to the journal; it is
  /// safe once its receipt says so. `event` is only read during the call. Events get their seqs in the order
  /// of the calls. Its time is that of the call (when it had room); of events that wait for one commit, up to
  /// eight that follow each other within a tick of the kernel's clock (4 ms, as a rule) may have that of the
  /// first of them. Errors: invalid_topic, invalid_key, invalid_headers, event_too_large, journal_full,
  /// timeout (staging stayed full; nothing was published), closed.
  Result<Receipt> publish(const EventInput& event, Duration timeout = publish_timeout);
  Result<Receipt> publish(std::string_view topic, ByteView payload, Duration timeout = publish_timeout);
  Result<Receipt> publish(std::string_view topic, std::string_view key, ByteView payload,
                          Duration timeout = publish_timeout);
  /// The same without ever waiting: staging_full instead.
  Result<Receipt> try_publish(const EventInput& event);

  /// Waits until everything published before is committed or failed. Errors: timeout, closed, or that of the
  /// newest commit that failed since the last flush.
  Result<void> flush(Duration timeout);

  /// Flushes, commits what members have settled, ends the threads and closes the journal cleanly. Later calls
  /// fail with closed. Error: timeout (all is closed nevertheless), or what closing the journal met.
  Result<void> close(Duration timeout = 10s);

  /// The endpoints as bound: wildcards resolved. Consumers need only the first.
  const std::string& control_endpoint() const;
  const std::string& events_endpoint() const;
  /// Of the journal: origin, name, incarnation, and how it was found.
  const Identity& identity() const;

  /// Cheap; any time.
  PublisherStats stats() const;

  /// True when every group has acknowledged, parked or lost to retention everything up to seq, and no retry
  /// of it is pending. wait_settled waits for it: timeout, closed.
  bool settled(Seq seq) const;
  Result<void> wait_settled(Seq seq, Duration timeout) const;

  // An operator's view and repairs; the same as mesh::Admin has from afar. Errors: timeout, closed,
  // unknown_group, and what the command met.
  Result<Info> info(Duration timeout = 5s) const;
  Result<GroupList> groups(Duration timeout = 5s) const;
  Result<ParkedList> parked(const std::string& group, const ParkedFilter& filter = {}, Seq after = 0,
                            std::uint32_t limit = 100, Duration timeout = 5s) const;
  Result<ParkedResult> redrive(const std::string& group, const ParkedFilter& filter, bool dry_run = false,
                               Duration timeout = 5s);
  Result<ParkedResult> discard(const std::string& group, const ParkedFilter& filter, bool dry_run = false,
                               Duration timeout = 5s);

 private:
  struct State;
  explicit Publisher(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mesh
