// The publisher's side of the mesh as a pure state machine: (state, input, now) -> effects.
//
// No sockets, threads, clock, randomness or logging in here. The loop around it (io/, or the simulator)
// feeds inputs, then takes the effects and carries them out in the order that publisher_turn.hpp fixes:
// commit, then send. Not thread safe: one thread owns it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <journal/journal.hpp>
#include <mesh/model/messages.hpp>
#include <mesh/model/notice.hpp>
#include <mesh/model/range_set.hpp>
#include <mesh/model/retention.hpp>

namespace mesh::core {

/// Where an answer goes: a ROUTER's routing id, opaque here.
using Route = std::string;

struct PublisherSettings {
  std::string events_endpoint;      ///< told to members in Welcome
  Duration lease = 5s;              ///< a member silent for longer loses its slots
  Duration ledger_flush = 250ms;    ///< settled ranges are committed at the latest this long after they came
  Duration heartbeat_tail = 20ms;   ///< quiet this long after an event: first heartbeat
  Duration heartbeat_idle = 1s;     ///< and one each this long afterwards
  Duration redelivery_resend = 2s;  ///< a redelivery the member does not hold is sent again after this
  std::size_t redeliveries_in_flight_max = 64;  ///< per group
  std::size_t fetch_credit_min = 64 * 1024;     ///< bytes; a fetch with less is taken for one with this much
  std::size_t sessions_max = 1024;
  std::size_t groups_max = 10'000;
  std::size_t waiting_max =
      100'000;  ///< retries per group; above it the group gets no new events until it drains
  std::size_t parked_max = 100'000;  ///< per group; when full, what would be parked keeps being retried
  /// Events of a group counted (slot_load.hpp) before what its slots bring is taken for known, and before
  /// each look whether two members should exchange slots: at most one a lease.
  std::uint64_t load_known_after = 1024;
  RetentionPolicy retention;
  std::uint64_t seed = 0;  ///< makes session ids hard to guess
};

/// A group declared in configuration: created at open unless it exists.
struct GroupDeclaration {
  std::string name;
  std::vector<std::string> prefixes;  ///< none: every topic
  Start start;
  RetryPolicy policy;
};

/// What a reader thread shall do; the result comes back through on_read. Plain data: it holds no reference
/// to the core, so that it can run beside it. Jobs of Kind::state never reach a reader thread: state belongs
/// to the engine's thread, so PublisherTurn carries them out itself, in the turn that asked for them.
struct ReadJob {
  enum class Kind : std::uint8_t { range, records, locate, state };
  std::uint64_t id = 0;
  Kind kind = Kind::range;
  // range: the matching events after `after`, up to `upto`, until `credit` bytes are found
  Seq after = 0;
  Seq upto = 0;
  std::size_t credit = 0;
  std::vector<std::string> prefixes;  ///< none: every topic
  std::vector<SlotLedger>
      settled;  ///< slots wanted, and what to leave out of them; none: all slots, all events
  // records: these, ascending, until `credit` bytes are found (at least one record; 0: no limit)
  std::vector<Seq> seqs;
  // locate: the seq before the first event of that time or later
  WallTime when = 0;
  // state: the values of these keys, until `credit` bytes are found (at least one value; 0: no limit)
  Table table = Table::parked;
  std::vector<std::string> keys;
};

struct ReadResult {
  std::uint64_t id = 0;
  std::vector<Batch> batches;  ///< range: filtered copies, or whole batches where all of one is wanted
  Seq through = 0;             ///< range: covered up to here (upto, or the last seq that credit let in);
                               ///< records: looked for up to here
  std::vector<Batch> records;  ///< records: one batch per record found, ascending; missing ones are absent
  Seq located = 0;
  std::vector<std::optional<std::string>> values;  ///< state: per key, in order; fewer when credit ended it
  std::optional<Error> error;  ///< journal_damaged, journal_io: what was found before it still counts
};

/// Carries out a job against the journal. Pure but for the journal's reads; any thread, but for Kind::state,
/// which is the engine's. A range comes in at most range_batches_max batches.
inline constexpr std::size_t range_batches_max = 48;
ReadResult run_read_job(const Journal& journal, const ReadJob& job);

/// The same for several jobs of Kind::range at once, in one pass over the journal; `answer` gets each result
/// as soon as it is complete. It is of use for jobs that begin near each other.
void run_range_jobs(const Journal& journal, std::span<const ReadJob> jobs,
                    const std::function<void(ReadResult)>& answer);

struct ControlOut {
  Route route;
  ControlMessage message;
};

/// What the core wants done. Order contract: `state` is committed before anything else here is carried out;
/// if that commit fails nothing of the rest may be (PublisherTurn keeps to it).
struct PublisherEffects {
  std::vector<StateWrite> state;
  std::vector<ControlOut> control;
  std::vector<LiveMessage> live;
  std::vector<ReadJob> reads;
  std::optional<Seq> drop_through;  ///< retention: drop sealed segments up to here
  std::vector<Notice> notices;

  bool empty() const {
    return state.empty() && control.empty() && live.empty() && reads.empty() && !drop_through &&
           notices.empty();
  }
};

struct PublisherCounters {
  std::uint64_t committed = 0;  ///< events
  std::uint64_t committed_bytes = 0;
  std::uint64_t sent = 0;    ///< events on the live path (an event counts once)
  std::uint64_t unsent = 0;  ///< events no active prefix matched
  std::uint64_t live_messages = 0;
  std::uint64_t heartbeats = 0;
  std::uint64_t fetched = 0;  ///< events sent in answer to fetches
  std::uint64_t fetches = 0;
  std::uint64_t redelivered = 0;
  std::uint64_t retried = 0;
  std::uint64_t parked = 0;
  std::uint64_t expired = 0;  ///< seqs
  std::uint64_t acks = 0;
  std::uint64_t stale_acks = 0;
  std::uint64_t refused = 0;  ///< requests answered with Refused
};

class PublisherCore {
 public:
  /// Restores groups, ledgers, retries and parked counts from the journal's state. The journal is used only
  /// during the constructor and restore(); afterwards inputs and effects are the only connection.
  PublisherCore(PublisherSettings settings, const Identity& identity);
  ~PublisherCore();

  /// Call once, before any input. Errors: journal_damaged where state does not decode.
  Result<void> restore(const Journal& journal, std::span<const GroupDeclaration> declared, Now now);

  // ---- inputs ----
  /// A subscription message of the XPUB socket: a prefix became active or ceased to be.
  void on_subscription(std::string_view prefix, bool active, Now now);
  /// Batches that have been committed, in order. Their live messages come out as effects.
  void on_committed(std::span<const Batch> batches, Now now);
  /// A decoded message from a member or an operator. Every content is possible: hostile until checked.
  void on_control(const Route& route, ControlMessage message, Now now);
  void on_read(ReadResult result, Now now);
  /// The journal's size and segments, when they changed and at least every few seconds.
  void on_usage(const JournalUsage& usage, Seq dropped_through, Now now);
  /// May be called at any time; does nothing before next_deadline().
  void on_time(Now now);
  /// Batches could not be committed (disk full): whoever published them knows. For the notice only.
  void on_commit_failed(const Error& error, Now now);
  /// State could not be committed (disk full): effects since then were not sent; the core keeps on and
  /// PublisherTurn repeats the writes. For the notice only.
  void on_state_failed(const Error& error, Now now);
  /// Orderly end: flushes every ledger into effects.
  void on_close(Now now);

  // ---- outputs ----
  /// Appends to `effects` what has accumulated.
  void take_effects(PublisherEffects& effects);
  /// The next steady time at which on_time wants to be called.
  std::optional<Duration> next_deadline() const;

  // ---- getters ----
  Seq head() const;
  /// The journal is at its limit and nothing may be dropped: publishing is refused until it is not.
  bool full() const;
  /// True when every group has settled (acknowledged, parked or expired) everything up to seq and no retry at
  /// or below it is pending.
  bool settled(Seq seq) const;
  const PublisherCounters& counters() const;
  /// Without oldest_age, which needs the journal (GroupsRequest answers with it).
  std::vector<GroupStatus> groups(Now now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mesh::core
