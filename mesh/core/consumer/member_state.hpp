// Inside of MemberCore: its state and the steps between inputs and effects. By file:
//   member_core.cpp     inputs, timers, getters
//   member_attach.cpp   Hello, Welcome, Grant, Refused; losing and finding the publisher
//   member_slots.cpp    slots that come, are asked back and are released
//   member_stream.cpp   fetch, live, when to change between them
//   member_intake.cpp   decoding what came and handing it on as deliveries
//   member_report.cpp   completions, acks, verdicts
//   member_close.cpp    draining and leaving
#pragma once

#include <deque>

#include <mesh/core/consumer/blocked_keys.hpp>
#include <mesh/core/consumer/held_book.hpp>
#include <mesh/core/consumer/live_merge.hpp>
#include <mesh/core/consumer/member_core.hpp>
#include <mesh/core/consumer/member_timers.hpp>
#include <mesh/core/consumer/settlement.hpp>
#include <mesh/core/consumer/verdict_book.hpp>

namespace mesh::core {

inline constexpr Duration hello_interval_max = 5s;
inline constexpr Duration reach_max = 5s;  ///< a publisher that is silent from the start is told after this
inline constexpr Duration refused_retry = 5s;  ///< after Refused, until the request is repeated
inline constexpr Duration fetch_interval_max = 5s;
inline constexpr unsigned fetches_lost_told = 3;   ///< in a row, over attachments
inline constexpr Duration ack_spacing = 1ms;       ///< between two Acks, at least
inline constexpr Duration verdict_spacing = 50us;  ///< more per verdict on its way: repeating them all costs
inline constexpr Duration reconnect_pause = 50ms;  ///< what is sent before a reconnect is lost with it
inline constexpr Duration attach_spacing = 1s;     ///< attaching again sooner than this waits a little
inline constexpr Duration attach_pause = 100ms;
inline constexpr Duration pause_max = 1s;         ///< a longer pause between inputs: the process did not run
inline constexpr Duration live_wait_max = 500ms;  ///< the live stream is left unread for
inline constexpr Duration tick = 500ms;           ///< next_deadline is never further away, to notice pauses
inline constexpr Duration lease_default = 5s;     ///< when a Welcome names none
inline constexpr Duration lease_min = 100ms;
inline constexpr unsigned hello_reconnect = 3;  ///< unanswered Hellos until the connection is made anew
inline constexpr unsigned close_tries = 3;      ///< unanswered Detaches (or Hellos then) until it gives up
inline constexpr std::size_t verdicts_per_ack = verdicts_max;
inline constexpr std::size_t verdicts_open_max = 4096;  ///< unanswered; beyond it nothing new is taken on
inline constexpr std::size_t asked_max = 4096;
inline constexpr std::size_t ranges_per_ack = 4096;
inline constexpr std::size_t ranges_per_farewell = 32'768;  ///< of Resume and Detach

struct MemberCore::State {
  explicit State(MemberSettings given);

  // ---- member_core.cpp ----
  void observe(Now now);    ///< first of every input: notices that the process had stopped
  void follow_up(Now now);  ///< last of every input: what has become possible or due
  void notice(Level level, std::string_view code, std::string text);

  void send(ControlMessage message) { out.control.push_back(std::move(message)); }

  /// A request that proves this member alive to the publisher, once it is answered.
  template <class Request>
  void ask(Request request, Now now) {
    if (asked.empty() || asked.back().first != request.id) asked.emplace_back(request.id, now.steady);
    if (asked.size() > asked_max) asked.pop_front();
    send(std::move(request));
  }

  void answered(std::uint64_t id);

  /// The publisher may have taken the slots back: it was not heard to have heard of this member for a lease.
  bool out_of_touch(Now now) const { return !watching() && now.steady >= in_touch_until; }

  bool watching() const { return settings.group.empty(); }

  bool attached() const { return phase == Phase::catching_up || phase == Phase::live; }

  // ---- member_attach.cpp ----
  void attach(Now now, Duration delay = Duration{0});
  void send_hello(Now now);
  void hello_unanswered(Now now);
  void on_welcome(Welcome& welcome, Now now);
  void on_grant(Grant& grant, Now now);
  void on_refused(const Refused& refused, Now now);
  void meet(const Welcome& welcome);
  void connect_events(Now now);
  void lose_control(Now now);
  void not_reached(Now now);
  void tell_attached(bool resumed, Now now);
  void heard_from_publisher(Now now);

  // ---- member_slots.cpp ----
  void assign(SlotMask all, SlotMask release, Seq at, std::vector<SlotLedger> ledgers, Seq redelivered);
  void change_slots(SlotMask all, SlotMask release, Seq at, std::vector<SlotLedger> ledgers, Seq redelivered);
  void gain(SlotMask gained, Seq at, std::vector<SlotLedger> ledgers, Seq redelivered);
  void join_lags();
  SlotMask lagging() const;
  void give_up(SlotMask release);
  void on_drained(SlotMask idle);
  void release_if_drained(Now now);
  void send_release(Now now);
  void on_released(const Released& released, Now now);

  /// All that have not been released.
  SlotMask mine() const { return slots | draining | drained; }

  bool works_on(Slot slot) const { return (slots >> (slot % slot_count) & 1) != 0; }

  // ---- member_stream.cpp ----
  void fetch_if_wanted(Now now);
  void on_events(Events& events, Now now);
  void fetch_failed(Now now, Duration retry);
  void fetch_lost();
  void on_live(LiveMessage& message, Now now);
  bool of_this_publisher(const LiveMessage& message, Now now);
  void heard_live(Now now);

  bool live_usable() const { return settings.use_live && !events_endpoint.empty(); }

  void advance_live(Now now);
  void catch_up();
  void went_live(Now now);
  void demote();
  bool full();
  bool live_waits(Now now);
  void stop_listening();
  void listen_again(Now now);
  void count_expired(const Events& events);

  // ---- member_intake.cpp ----
  bool take_fetched(const Events& events, bool lag);
  bool take_live(std::vector<LiveMessage>& parts);
  void on_deliver(const Deliver& deliver);
  void undecodable(std::string_view what);
  void begin_intake(SlotMask slots, Seq from);
  void add_event(const EventView& event, BatchShare& batch);
  void end_intake(Seq through);

  // ---- member_report.cpp ----
  void on_completion(const Completion& completion, Now now);
  void first_completion(const Completion& completion);
  void redelivered_completion(const Completion& completion);
  void judge(const Completion& completion, SlotMask settles);
  void on_acked(const Acked& acked, Now now);
  void on_unblock(const Unblock& unblock, Now now);
  void report_soon(Now now, Duration within);
  void send_ack(Now now);

  // ---- member_close.cpp ----
  void close(bool abandon, Now now);
  void detach_if_drained(Now now);
  void send_detach(Now now);
  void detach_unanswered(Now now);
  void leave();

  MemberSettings settings;
  PrefixSet prefixes;
  LiveMerge merge;
  Settlement settlement;
  VerdictBook verdicts;
  BlockedKeys blocked;
  HeldBook held;
  MemberTimers timers;
  MemberEffects out;
  MemberCounters counters;
  std::optional<Error> last_error;
  Phase phase = Phase::attaching;
  std::optional<Duration> seen;  ///< time of the newest input; nothing: not started

  // the publisher, as the newest Welcome has it
  std::optional<Origin> origin;
  std::uint32_t incarnation = 0;
  std::string name;
  std::string events_endpoint;
  Duration lease = lease_default;
  Seq head = 0;
  bool foreign_noticed = false;

  // the attachment
  SessionId session = 0;
  std::uint64_t last_id = 0;
  std::uint64_t hello_id = 0;
  unsigned hellos_unanswered = 0;
  std::optional<Duration> last_attach;
  std::uint64_t epoch_first_id = 0;  ///< Acks of the current epoch have ids from here on
  Duration heard{0};                 ///< when the publisher was, last; until then: when this member began
  bool silence_told = false;         ///< that it was not heard for too long, since it was last attached

  std::deque<std::pair<std::uint64_t, Duration>> asked;  ///< ids of requests without an answer, when sent
  Duration in_touch_until{0};

  // the assignment
  bool assigned = false;  ///< there is one to resume
  Epoch epoch = 0;
  SlotMask slots = 0;     ///< worked on
  SlotMask draining = 0;  ///< asked back; handlers may be at work on them
  SlotMask drained = 0;   ///< of them nothing runs any more; verdicts may be without an answer

  struct PendingRelease {
    SlotMask slots = 0;
    std::uint64_t id = 0;  ///< of the first Release that named them; 0: none yet
  };

  std::vector<PendingRelease> releases;  ///< said to be the publisher's again, without an answer

  struct Lag {
    SlotMask slots = 0;
    Seq position = 0;
  };

  /// Slots that came with a lower position than the stream's (merge.position()), ascending by it.
  std::vector<Lag> lags;
  std::uint32_t generation = 0;
  std::array<Seq, slot_count> marks{};  ///< per slot: events up to here may have been delivered before
  /// By the newest Welcome: nothing new to us of these was delivered before, whatever it says.
  SlotMask resumed_slots = 0;
  /// The head when slots came last. What had been published of them by then comes by fetch alone: the live
  /// stream does not tell what was settled since the Welcome or Grant was written.
  Seq join_at = 0;

  // fetch
  std::uint64_t fetch_id = 0;  ///< outstanding; 0: none
  Seq fetch_after = 0;
  Seq fetch_upto = 0;  ///< 0: the head
  SlotMask fetch_slots = 0;
  Epoch fetch_epoch = 0;
  Duration fetch_asked{0};
  unsigned fetches_unanswered = 0;
  unsigned fetches_lost = 0;  ///< since the last answer, over attachments, though the publisher was heard
  bool at_head = false;
  bool stalled = false;  ///< the window was full and has not emptied enough

  // live
  bool live_heard = false;  ///< since it was subscribed
  bool deaf = false;        ///< not subscribed: far behind
  bool reconnect_events = true;
  Duration probe_delay{0};
  Duration silence_now{0};              ///< grows while reconnecting does not help
  std::optional<Duration> waits_since;  ///< the owner leaves the live stream unread
  std::vector<LiveMessage> parts;

  // intake; vectors kept for their memory
  std::vector<EventView> views;
  std::vector<std::pair<EventView, std::size_t>> merged;
  std::size_t intake_first = 0;
  SlotMask intake_slots = 0;
  Seq intake_from = 0;
  std::size_t intake_bytes = 0;

  // what the dispatcher has queued, over all links
  std::size_t queued_events = 0;
  std::size_t queued_bytes = 0;

  // report
  Duration last_ack{0};

  // close
  enum class Closing : std::uint8_t { no, draining, abandoning };
  Closing closing = Closing::no;
  std::uint64_t detach_first_id = 0;  ///< 0: not sent yet
  unsigned detaches_unanswered = 0;
};

}  // namespace mesh::core
