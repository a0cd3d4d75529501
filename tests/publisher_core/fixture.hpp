// A publisher's core with a journal in memory, recording ports and virtual time: everything happens at once,
// in the order that PublisherTurn fixes, and is looked at afterwards.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <journal/memory/memory_journal.hpp>
#include <mesh/core/publisher/publisher_turn.hpp>

namespace mesh::core {

inline Origin test_origin() {
  Origin origin;
  origin.bytes.fill(7);
  return origin;
}

struct TestEvent {
  std::string topic = "a.x";
  std::optional<std::string> key = std::nullopt;
  std::string payload = "p";
};

inline Batch make_batch(Seq first, const std::vector<TestEvent>& events, WallTime time = 1000) {
  BatchBuilder builder(test_origin(), 1024);
  for (const TestEvent& event : events) {
    EventInput input;
    input.topic = event.topic;
    if (event.key) input.key = *event.key;
    input.payload = as_bytes(event.payload);
    builder.append(first++, time, input);
  }
  return builder.seal();
}

/// The seqs of all events of some batches.
inline std::vector<Seq> seqs_of(const std::vector<Batch>& batches) {
  std::vector<Seq> out;
  std::vector<EventView> events;
  for (const Batch& batch : batches) {
    BOOST_REQUIRE(parse_batch(batch.bytes.view()).ok());
    BOOST_REQUIRE(decode_events(batch.view(), events).ok());
    for (const EventView& event : events) out.push_back(event.seq);
  }
  return out;
}

struct Mesh : PublisherPorts {
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>(test_origin());
  std::unique_ptr<MemoryJournal> journal;
  PublisherSettings settings;
  JournalOptions options{.name = "test"};
  std::vector<GroupDeclaration> declared;
  std::unique_ptr<PublisherCore> core;
  std::unique_ptr<PublisherTurn> turn;
  Now now{100s, 1'000'000'000'000};

  std::vector<ControlOut> sent;
  std::vector<LiveMessage> live;
  std::deque<ReadJob> reads;
  std::vector<Notice> notices;
  std::vector<Seq> drops;
  std::vector<Seq> confirmed_seqs;
  std::vector<Errc> failures;
  bool hold_reads = false;
  bool do_drops = true;

  Mesh() { settings.events_endpoint = "inproc://events"; }

  void open() {
    auto opened = MemoryJournal::open(store, options);
    BOOST_REQUIRE(opened.ok());
    journal = std::move(*opened);
    core = std::make_unique<PublisherCore>(settings, journal->identity());
    turn = std::make_unique<PublisherTurn>(*core, *journal, *this);
    auto restored = core->restore(*journal, declared, now);
    if (!restored) BOOST_FAIL(restored.error().describe());
    finish();
  }

  void crash() {
    journal->crash();
    forget();
  }

  void close() {
    core->on_close(now);
    finish();
    BOOST_REQUIRE(journal->close().ok());
    forget();
  }

  void forget() {
    turn.reset();
    core.reset();
    journal.reset();
    reads.clear();
    sent.clear();
    live.clear();
    notices.clear();
  }

  // ---- doing ----

  void finish() {
    for (unsigned i = 0; i < 1000; ++i) {
      turn->finish(now);
      if (hold_reads || reads.empty()) return;
      run_read();
    }
    BOOST_FAIL("the core does not come to rest");
  }

  void run_read() {
    const ReadJob job = std::move(reads.front());
    reads.pop_front();
    core->on_read(run_read_job(*journal, job), now);
  }

  void release_reads() {
    hold_reads = false;
    while (!reads.empty()) {
      run_read();
      finish();
    }
  }

  /// Commits one batch; gives its first seq.
  Seq publish(const std::vector<TestEvent>& events) {
    const Batch batch = make_batch(journal->next_seq(), events, now.wall);
    turn->commit(std::span(&batch, 1), now);
    finish();
    return batch.header.first;
  }

  void tell(const Route& route, ControlMessage message) {
    core->on_control(route, std::move(message), now);
    finish();
  }

  void subscribe(std::string_view prefix, bool active = true) {
    core->on_subscription(prefix, active, now);
    finish();
  }

  /// Time goes by, with every deadline met.
  void pass(Duration duration) {
    const Duration end = now.steady + duration;
    for (unsigned i = 0; i < 100'000; ++i) {
      auto next = core->next_deadline();
      if (turn->holding_state()) {
        const Duration again = now.steady + PublisherTurn::retry_interval;
        next = std::min(next.value_or(again), again);
      }
      const Duration to = std::min(end, std::max(now.steady, next.value_or(end)));
      move_to(to);
      core->on_time(now);
      finish();
      if (now.steady >= end && core->next_deadline().value_or(end + 1ns) > end) return;
    }
    BOOST_FAIL("the core asks for ever more time");
  }

  /// The process is stopped for that long.
  void stall(Duration duration) {
    move_to(now.steady + duration);
    core->on_time(now);
    finish();
  }

  /// The publisher is down for that long.
  void pass_down(Duration duration) {
    BOOST_REQUIRE(core == nullptr);
    move_to(now.steady + duration);
  }

  void usage() {
    core->on_usage(journal->usage(), journal->dropped_through(), now);
    finish();
  }

  // ---- looking ----

  template <class T>
  const T& last() const {
    for (auto it = sent.rbegin(); it != sent.rend(); ++it) {
      if (const T* message = std::get_if<T>(&it->message)) return *message;
    }
    BOOST_FAIL("no such message was sent");
    std::abort();
  }

  template <class T>
  std::size_t count() const {
    std::size_t out = 0;
    for (const ControlOut& one : sent) out += std::holds_alternative<T>(one.message) ? 1 : 0;
    return out;
  }

  std::size_t noticed(std::string_view code) const {
    std::size_t out = 0;
    for (const Notice& notice : notices) out += notice.code == code ? 1 : 0;
    return out;
  }

  GroupStatus status(const std::string& group) const {
    for (GroupStatus& status : core->groups(now)) {
      if (status.group == group) return status;
    }
    BOOST_FAIL("no such group");
    std::abort();
  }

  // ---- ports ----

  void send(const Route& route, const ControlMessage& message) override { sent.push_back({route, message}); }

  void send_live(const LiveMessage& message) override { live.push_back(message); }

  void start_read(ReadJob job) override {
    BOOST_TEST((job.kind != ReadJob::Kind::state));
    reads.push_back(std::move(job));
  }

  void drop_through(Seq seq) override {
    drops.push_back(seq);
    if (!do_drops) return;
    BOOST_REQUIRE(journal->drop_through(seq).ok());
    core->on_usage(journal->usage(), journal->dropped_through(), now);
  }

  void confirmed(std::span<const Batch> batches) override {
    for (const Batch& batch : batches) {
      for (Seq seq = batch.header.first; seq <= batch.header.last; ++seq) confirmed_seqs.push_back(seq);
    }
  }

  void failed(std::span<const Batch>, const Error& error) override { failures.push_back(error.code); }

  void notice(const Notice& notice) override { notices.push_back(notice); }

 private:
  void move_to(Duration to) {
    now.wall += (to - now.steady).count();
    now.steady = to;
  }
};

/// The verdict of a failed attempt.
inline Verdict retry_of(Seq seq, std::uint32_t attempt = 1, std::optional<Duration> delay = std::nullopt) {
  Verdict verdict;
  verdict.kind = Verdict::Kind::retry;
  verdict.seq = seq;
  verdict.slot = slot_of(std::nullopt, seq);
  verdict.attempt = attempt;
  verdict.delay = delay;
  return verdict;
}

/// A member as the core sees it: says what the test tells it to.
struct Member {
  Mesh& mesh;
  std::string group = "g";
  std::string name = "m";
  std::uint8_t instance = 1;
  std::vector<std::string> prefixes = {};
  RetryPolicy policy = {};
  Start start = {};
  Route route = name;
  SessionId session = 0;
  Epoch epoch = 0;
  SlotMask slots = 0;
  std::uint64_t request = 0;

  Hello hello() const {
    Hello hello;
    hello.group = group;
    hello.member = name;
    hello.instance.fill(instance);
    hello.prefixes = prefixes;
    hello.policy = policy;
    hello.start = start;
    return hello;
  }

  /// Attaches; the answer must be a Welcome.
  Welcome attach(std::optional<Resume> resume = std::nullopt) {
    Hello message = hello();
    message.id = ++request;
    message.resume = std::move(resume);
    mesh.tell(route, message);
    const Welcome welcome = mesh.last<Welcome>();
    BOOST_REQUIRE(welcome.id == request);
    session = welcome.session;
    epoch = welcome.epoch;
    slots = welcome.slots & ~welcome.release;
    return welcome;
  }

  /// Takes over what the newest Grant says.
  Grant granted() {
    const Grant grant = mesh.last<Grant>();
    BOOST_REQUIRE(grant.session == session);
    epoch = grant.epoch;
    slots = grant.slots & ~grant.release;
    return grant;
  }

  /// Gives back what the newest Grant asks for.
  Released release(Seq floor = 0) {
    const Grant grant = granted();
    mesh.tell(route, Release{session, ++request, epoch, grant.release, {{grant.release, floor, {}}}});
    return mesh.last<Released>();
  }

  void ask(Seq after, bool wait = false, std::uint32_t credit = 1 << 20, Seq upto = 0) {
    mesh.tell(route, Fetch{session, ++request, epoch, after, upto, slots, credit, wait});
  }

  Events fetch(Seq after, Seq upto = 0) {
    ask(after, false, 1 << 20, upto);
    const Events events = mesh.last<Events>();
    BOOST_REQUIRE(events.id == request);
    return events;
  }

  Acked ack(Seq floor, std::vector<SeqRange> above = {}, std::vector<Verdict> verdicts = {},
            std::vector<HeldEvent> held = {}) {
    Ack message;
    message.session = session;
    message.id = ++request;
    message.epoch = epoch;
    message.settled = {SlotLedger{all_slots, floor, std::move(above)}};
    message.verdicts = std::move(verdicts);
    message.held = std::move(held);
    mesh.tell(route, message);
    const Acked acked = mesh.last<Acked>();
    BOOST_REQUIRE(acked.id == request);
    return acked;
  }

  Acked judge(Verdict::Kind kind, Seq seq, std::uint32_t attempt = 1,
              Reason reason = Reason::handler_rejected, std::uint32_t redrives = 0) {
    Verdict verdict;
    verdict.kind = kind;
    verdict.seq = seq;
    verdict.slot = slot_of(std::nullopt, seq);
    verdict.attempt = attempt;
    verdict.redrives = redrives;
    verdict.reason = reason;
    verdict.text = "because";
    return ack(0, {}, {verdict});
  }

  void detach(Seq floor, bool untouched = true) {
    Detach message;
    message.session = session;
    message.id = ++request;
    message.epoch = epoch;
    message.settled = {SlotLedger{all_slots, floor, {}}};
    message.untouched = untouched;
    mesh.tell(route, message);
  }
};

/// Two members with half of the slots each; event seq (without a key) is in slot seq.
struct TwoMembers {
  Mesh mesh;
  Member first{.mesh = mesh, .name = "first"};
  Member second{.mesh = mesh, .name = "second"};

  explicit TwoMembers(std::size_t events = 40) {
    first.policy = second.policy = {.backoff = {1s}, .jitter = 0, .attempts_max = 3};
    mesh.open();
    mesh.publish(std::vector<TestEvent>(events));
    first.attach();
    second.attach();
    first.release(0);
    second.granted();
    mesh.sent.clear();
  }
};

}  // namespace mesh::core
