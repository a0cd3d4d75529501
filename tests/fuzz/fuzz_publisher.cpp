// The publisher's core as a whole, on a journal in memory, with operations and hostile messages chosen by the
// fuzzer. Whatever happens: what it sends arrives, an answer to a fetch holds only what it says, no group's
// floor passes the head, and its state can be restored.
#include <deque>

#include <journal/memory/memory_journal.hpp>
#include <mesh/core/publisher/publisher_turn.hpp>

#include "messages.hpp"

namespace {

using namespace mesh;

constexpr std::size_t operations_max = 300;

class World final : public core::PublisherPorts {
 public:
  explicit World(fuzz::Input& input) : input_(input), store_(std::make_shared<MemoryStore>(fuzz::origin)) {
    start();
  }

  void run() {
    for (std::size_t i = 0; i < operations_max && !input_.done(); ++i) {
      operate();
      turn_->finish(now_);
      check();
    }
    core_->on_close(now_);
    turn_->finish(now_);
  }

 private:
  void start() {
    JournalOptions options;
    options.name = "p";
    options.segment_size = 2048;
    journal_ = MemoryJournal::open(store_, options).value();
    core::PublisherSettings settings;
    settings.events_endpoint = "inproc://events";
    settings.waiting_max = 8;
    settings.parked_max = 8;
    settings.sessions_max = 6;
    settings.groups_max = 2;
    settings.retention.bytes_max = 16 * 1024;
    if (input_.below(2) == 0) settings.retention.on_limit = RetentionPolicy::OnLimit::drop_oldest;
    core_ = std::make_unique<core::PublisherCore>(settings, journal_->identity());
    fuzz::require(core_->restore(*journal_, {}, now_).ok());
    turn_ = std::make_unique<core::PublisherTurn>(*core_, *journal_, *this);
    reads_.clear();
  }

  void operate() {
    const core::Route route(1, static_cast<char>('a' + input_.below(3)));
    switch (input_.below(10)) {
      case 0:
      case 1:
        return publish();
      case 2:
        return core_->on_subscription(fuzz::prefix(input_), input_.below(4) != 0, now_);
      case 3:
      case 4:
      case 5:
        ++known_.id;
        if (auto message = fuzz::transmit(fuzz::to_publisher(input_, known_), false)) {
          core_->on_control(route, std::move(*message), now_);
        }
        return;
      case 6:
        return pass(1ms * (1 << input_.below(14)));
      case 7:
      case 8:
        return read();
      default:
        return disturb();
    }
  }

  void publish() {
    if (core_->full()) return;
    const Batch batch = fuzz::batch(input_, journal_->next_seq(), 0);
    turn_->commit({&batch, 1}, now_);
  }

  void pass(Duration time) {
    now_.steady += time;
    now_.wall += time.count();
    core_->on_time(now_);
  }

  void read() {
    if (reads_.empty()) return;
    const core::ReadJob job = std::move(reads_.front());
    reads_.pop_front();
    core_->on_read(run_read_job(*journal_, job), now_);
  }

  void disturb() {
    switch (input_.below(5)) {
      case 0:
        return core_->on_usage(journal_->usage(), journal_->dropped_through(), now_);
      case 1:
        return store_->fail_next_state(fail(Errc::disk_full, "no space"));
      case 2:
        return store_->fail_next_append(fail(Errc::disk_full, "no space"));
      case 3:
        if (known_.head > 0) store_->damage(1 + input_.below(known_.head > 32 ? 32 : known_.head));
        return;
      default:
        turn_.reset();
        core_.reset();
        journal_->crash();
        start();
    }
  }

  void check() {
    known_.head = core_->head();
    for (const GroupStatus& group : core_->groups(now_)) {
      fuzz::require(group.floor <= known_.head && group.lag <= known_.head);
      fuzz::require(group.parked <= 8 && group.members.size() <= 6);
    }
  }

  void send(const core::Route&, const ControlMessage& message) override {
    fuzz::transmit(message, true);
    if (const auto* welcome = std::get_if<Welcome>(&message)) {
      known_.sessions.push_back(welcome->session);
      if (welcome->epoch != 0) known_.epochs.push_back(welcome->epoch);
    }
    if (const auto* refused = std::get_if<Refused>(&message);
        refused != nullptr && known_.sessions.size() > 1) {
      std::erase(known_.sessions, refused->session);
      if (known_.sessions.empty()) known_.sessions.push_back(0);
    }
    if (const auto* grant = std::get_if<Grant>(&message)) known_.epochs.push_back(grant->epoch);
    if (fuzz::planted()) {
      const auto* done = std::get_if<ParkedDone>(&message);
      fuzz::require(done == nullptr || done->count == 0);
    }
    if (const auto* events = std::get_if<Events>(&message)) {
      for (const Batch& batch : events->batches) {
        fuzz::require(batch.header.first > events->after && batch.header.last <= events->through);
      }
    }
  }

  void send_live(const LiveMessage& message) override { fuzz::transmit(message, true); }

  void start_read(core::ReadJob job) override { reads_.push_back(std::move(job)); }

  void drop_through(Seq seq) override {
    fuzz::require(journal_->drop_through(seq).ok());
    core_->on_usage(journal_->usage(), journal_->dropped_through(), now_);
  }

  void confirmed(std::span<const Batch>) override {}

  void failed(std::span<const Batch>, const Error& error) override {
    fuzz::require(error.code == Errc::disk_full);
  }

  void notice(const Notice& notice) override { fuzz::require(!notice.code.empty()); }

  fuzz::Input& input_;
  std::shared_ptr<MemoryStore> store_;
  std::unique_ptr<MemoryJournal> journal_;
  std::unique_ptr<core::PublisherCore> core_;
  std::unique_ptr<core::PublisherTurn> turn_;
  std::deque<core::ReadJob> reads_;
  fuzz::Known known_;
  Now now_{1s, 1'000'000'000};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mesh::fuzz::Input input(data, size);
  World(input).run();
  return 0;
}
