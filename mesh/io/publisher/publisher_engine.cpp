#include <mesh/io/publisher/publisher_engine.hpp>

#include <algorithm>

#include <mesh/io/clock.hpp>
#include <mesh/io/roles.hpp>

namespace mesh::io {

namespace {

constexpr int control_per_turn = 256;
constexpr int subscriptions_per_turn = 1024;

/// Routes of members are marked so that no id a peer may choose can pass for a call of this process.
constexpr char member_route = 'm';
constexpr char local_route = 'l';

wire::Limits limits_of(const PublisherEngineSettings& settings) {
  wire::Limits limits;
  limits.frame_size_max = frame_size_max(settings.endpoints.event_size_max);
  return limits;
}

/// The time of the journal's newest event, so that times ascend over restarts too. A clock that was further
/// ahead than this was wrong, and is not followed.
WallTime newest_of(const Journal& journal) {
  constexpr Duration ahead_max = 1h;
  WallTime newest = 0;
  for (const auto& segment : journal.usage().segments) newest = std::max(newest, segment.newest);
  return newest <= wall_now() + ahead_max.count() ? newest : 0;
}

std::uint64_t id_of(const ControlMessage& message) {
  return std::visit(
      [](const auto& content) -> std::uint64_t {
        if constexpr (requires { content.id; }) return content.id;
        return 0;
      },
      message);
}

}  // namespace

PublisherEngine::PublisherEngine(std::unique_ptr<Journal> journal, PublisherEngineSettings settings)
    : journal_(std::move(journal)),
      settings_(std::move(settings)),
      limits_(limits_of(settings_)),
      staging_({journal_->identity().origin, journal_->next_seq(), settings_.endpoints.event_size_max,
                settings_.staging_bytes_max, 2 * commit_bytes_max, newest_of(*journal_),
                settings_.quick_commits ? std::function<bool()>([this] { return commit_here(); }) : nullptr},
               waker_),
      board_(std::make_shared<ReceiptBoard>(journal_->next_seq() - 1)),
      reader_(*journal_, [this](core::ReadResult result) { mailbox_.post(std::move(result)); }) {}

Result<std::unique_ptr<PublisherEngine>> PublisherEngine::open(std::unique_ptr<Journal> journal,
                                                               PublisherEngineSettings settings) {
  std::unique_ptr<PublisherEngine> engine(new PublisherEngine(std::move(journal), std::move(settings)));
  if (auto started = engine->start(); !started) return started.error();
  return engine;
}

PublisherEngine::~PublisherEngine() {
  if (!ended_) (void)close(0s);
}

Result<void> PublisherEngine::start() {
  ended_ = true;  // until the thread runs there is nothing to stop
  if (!waker_.is_open()) return fail(Errc::limit_reached, "the process is out of file descriptors");
  auto sockets = PublisherSockets::open(settings_.context, settings_.endpoints);
  if (!sockets) return sockets.error();
  sockets_ = std::move(*sockets);

  now_ = read_clocks();
  settings_.core.events_endpoint = sockets_->events_endpoint();
  core_ = std::make_unique<core::PublisherCore>(settings_.core, journal_->identity());
  if (auto restored = core_->restore(*journal_, settings_.groups, now_); !restored) return restored.error();
  core::PublisherPorts& ports = *this;
  turn_ = std::make_unique<core::PublisherTurn>(*core_, *journal_, ports);
  core_->on_usage(journal_->usage(), journal_->dropped_through(), now_);
  usage_due_ = now_.steady + usage_interval;
  staging_.set_full(core_->full());
  totals_.head = journal_->head();
  publish_stats();

  if (auto started = reader_.start(); !started) return started.error();
  auto thread = Thread::start("zmesh-publish", [this] { run(); });
  if (!thread) return thread.error();
  thread_ = std::move(*thread);
  ended_ = false;
  return {};
}

Result<void> PublisherEngine::close(Duration timeout) {
  ended_ = true;
  staging_.close();
  auto flushed = board_->wait_resolved(staging_.last(), deadline_after(timeout));
  mailbox_.post(Stop{});
  thread_.join();
  reader_.stop();
  sockets_.reset();
  board_->close();
  auto closed = journal_->close();
  return flushed ? closed : flushed;
}

PublisherEngineStats PublisherEngine::stats() const {
  const std::lock_guard lock(stats_mutex_);
  return stats_;
}

Result<ControlMessage> PublisherEngine::call(ControlMessage message, Duration timeout) {
  if (ended_) return fail(Errc::closed, "the publisher is closed");
  const auto id = ++call_count_;
  std::visit(
      [id](auto& content) {
        if constexpr (requires { content.id; }) content.id = id;
      },
      message);
  auto call = std::make_shared<Call>();
  call->message = std::move(message);
  auto answer = call->answer.get_future();
  mailbox_.post(call);
  if (answer.wait_until(deadline_after(timeout)) != std::future_status::ready)
    return fail(Errc::timeout, "the publisher's thread did not answer in time");
  return answer.get();
}

Result<void> PublisherEngine::wait_settled(Seq seq, Duration timeout) {
  if (ended_) return fail(Errc::closed, "the publisher is closed");
  auto watch = std::make_shared<Watch>();
  watch->seq = seq;
  watch->once = timeout <= 0s;
  auto answer = watch->answer.get_future();
  mailbox_.post(watch);
  if (answer.wait_until(deadline_after(watch->once ? Duration(10s) : timeout)) != std::future_status::ready)
    return fail(Errc::timeout, "some group has not settled everything yet");
  return answer.get();
}

// ---- the engine's thread ------------------------------------------------------------------------------

void PublisherEngine::refuse_waiting() {
  const auto closed = fail(Errc::closed, "the publisher was closed");
  for (auto& [id, waiting] : calls_)
    if (auto call = waiting.lock()) call->answer.set_value(closed);
  for (auto& waiting : watches_)
    if (auto watch = waiting.lock()) watch->answer.set_value(closed);
  mail_.clear();
  mailbox_.drain(mail_);
  for (auto& mail : mail_) {
    if (auto* call = std::get_if<std::shared_ptr<Call>>(&mail)) (*call)->answer.set_value(closed);
    if (auto* watch = std::get_if<std::shared_ptr<Watch>>(&mail)) (*watch)->answer.set_value(closed);
  }
}

bool PublisherEngine::drain_subscriptions() {
  PublisherSockets::Subscription subscription;
  for (int i = 0; i < subscriptions_per_turn; ++i) {
    const auto received = sockets_->next_subscription(subscription);
    if (received == Received::nothing) return false;
    if (received == Received::message) core_->on_subscription(subscription.prefix, subscription.active, now_);
  }
  return true;
}

bool PublisherEngine::drain_control() {
  core::Route id;
  std::span<const Bytes> frames;
  for (int i = 0; i < control_per_turn; ++i) {
    const auto received = sockets_->next_control(id, frames, limits_.frames_max);
    if (received == Received::nothing) return false;
    if (received == Received::unusable) {
      ++totals_.undecodable;
      continue;
    }
    core::Route route(1, member_route);
    route += id;
    auto message = wire::decode(frames, limits_);
    if (message) {
      core_->on_control(route, std::move(*message), now_);
    } else {
      ++totals_.undecodable;
      if (const auto sender = wire::sender_of(frames, limits_))
        send(route, Refused{sender->id, sender->session, message.error().code, message.error().text});
    }
  }
  return true;
}

void PublisherEngine::drain_mailbox() {
  mailbox_.drain(mail_);
  for (auto& mail : mail_) std::visit([this](auto& content) { handle(content); }, mail);
  mail_.clear();
}

void PublisherEngine::handle(core::ReadResult& result) {
  core_->on_read(std::move(result), now_);
}

void PublisherEngine::handle(std::shared_ptr<Call>& call) {
  if (calls_.size() > 1000) std::erase_if(calls_, [](const auto& entry) { return entry.second.expired(); });
  calls_.emplace(id_of(call->message), call);
  core_->on_control(core::Route(1, local_route), std::move(call->message), now_);
}

void PublisherEngine::handle(std::shared_ptr<Watch>& watch) {
  if (is_settled(watch->seq))
    watch->answer.set_value({});
  else if (watch->once)
    watch->answer.set_value(fail(Errc::timeout, "some group has not settled everything yet"));
  else
    watches_.push_back(watch);
}

void PublisherEngine::handle(const Stop&) {
  stopping_ = true;
}

bool PublisherEngine::is_settled(Seq seq) const {
  // What is not committed yet is not owed to any group yet, but it will be.
  return board_->resolved() >= seq && core_->settled(seq);
}

void PublisherEngine::answer_watches() {
  std::erase_if(watches_, [this](const std::weak_ptr<Watch>& waiting) {
    const auto watch = waiting.lock();
    if (watch == nullptr) return true;
    if (!is_settled(watch->seq)) return false;
    watch->answer.set_value({});
    return true;
  });
}

void PublisherEngine::publish_stats() {
  totals_.core = core_->counters();
  totals_.head = core_->head();
  const std::lock_guard lock(stats_mutex_);
  stats_ = totals_;
}

// ---- core::PublisherPorts ---------------------------------------------------------------------------------

void PublisherEngine::send(const core::Route& route, const ControlMessage& message) {
  if (route.front() == local_route) {
    answer_call(message);
    return;
  }
  if (sockets_->send_control(route.substr(1), wire::encode(message)) != Sent::ok) ++totals_.unroutable;
}

void PublisherEngine::answer_call(const ControlMessage& message) {
  const auto found = calls_.find(id_of(message));
  if (found == calls_.end()) return;
  if (const auto call = found->second.lock()) {
    if (const auto* refused = std::get_if<Refused>(&message))
      call->answer.set_value(Error{refused->code, refused->text});
    else
      call->answer.set_value(message);
  }
  calls_.erase(found);
}

void PublisherEngine::send_live(const LiveMessage& message) {
  const auto frames = wire::encode_live(message);
  (void)sockets_->send_live(frames);  // a loss shows in the receivers' chains
}

void PublisherEngine::start_read(core::ReadJob job) {
  reader_.add(std::move(job));
}

void PublisherEngine::drop_through(Seq seq) {
  // Unlinking blocks this thread for a moment, but it changes the journal's segments and state, which only
  // this thread may.
  if (const auto dropped = journal_->drop_through(seq); !dropped)
    notice({Level::warning, "retention.failed",
            "old segments could not be dropped: " + dropped.error().describe()});
  usage_due_ = now_.steady;
}

// Who waits for a receipt may look at the head next, and must find the event below it; likewise the error.
void PublisherEngine::confirmed(std::span<const Batch> batches) {
  {
    const std::lock_guard lock(stats_mutex_);
    stats_.head = batches.back().header.last;
    stats_.commit_error = totals_.commit_error = std::nullopt;
  }
  board_->confirm(batches.back().header.last);
}

void PublisherEngine::failed(std::span<const Batch> batches, const Error& error) {
  for (const auto& batch : batches) totals_.failed += batch.header.count;
  {
    const std::lock_guard lock(stats_mutex_);
    stats_.commit_error = totals_.commit_error = error;
    stats_.commit_failed_at = totals_.commit_failed_at = now_.wall;
  }
  board_->fail({batches.front().header.first, batches.back().header.last}, error);
}

void PublisherEngine::notice(const Notice& notice) {
  if (!settings_.log) return;
  if (in_its_place_) return unsaid_.push_back(notice);
  try {
    settings_.log(notice);
  } catch (...) {  // the owner's callback; it has nobody to tell
  }
}

}  // namespace mesh::io
