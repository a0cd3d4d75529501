#include <mesh/publisher.hpp>

#include <atomic>
#include <mutex>

#include <journal/topic.hpp>
#include <mesh/io/clock.hpp>
#include <mesh/io/endpoint.hpp>
#include <mesh/io/publisher/publisher_engine.hpp>
#include <mesh/io/random.hpp>

namespace mesh {

struct Publisher::State {
  std::unique_ptr<io::PublisherEngine> engine;
  std::string control_endpoint;
  std::string events_endpoint;
  std::mutex mutex;
  std::uint64_t failures_told = 0;  ///< by flush; guarded by the mutex
  bool closed = false;              ///< guarded by the mutex
};

namespace {

Result<void> check_group(const Group& group) {
  if (!valid_name(group.name)) return invalid("'" + group.name + "' is not a name for a group");
  if (group.prefixes.size() > prefixes_max) return invalid("group " + group.name + ": too many prefixes");
  for (const auto& prefix : group.prefixes)
    if (auto checked = check_prefix(prefix); !checked) return checked;
  return check_policy(group.retry);
}

Result<void> check_options(const PublisherOptions& options) {
  if (options.journal.empty()) return invalid("the journal's directory is missing");
  if (!valid_name(options.name)) return invalid("'" + options.name + "' is not a name for a publisher");
  if (options.event_size_max == 0 || options.event_size_max > event_size_limit)
    return invalid("event_size_max must be 1 byte to 64 MiB");
  if (options.staging_bytes_max < options.event_size_max)
    return invalid("staging_bytes_max must be at least event_size_max");
  if (options.live_messages_max < 1 || options.live_messages_max > 1'000'000)
    return invalid("live_messages_max must be 1 to 1,000,000");
  if (options.lease < 100ms || options.lease > 1h) return invalid("lease must be 100 ms to 1 h");
  if (options.ledger_flush < 0s || options.ledger_flush > 1min)
    return invalid("ledger_flush must be 0 to 1 min");
  if (options.retention.bytes_max / 2 < options.segment_size)
    return invalid("retention.bytes_max must be at least two segments");
  for (const auto& name : options.retention.owed_to) {
    if (!valid_name(name)) return invalid("retention.owed_to: '" + name + "' is not a name for a group");
  }
  for (const auto& group : options.groups)
    if (auto checked = check_group(group); !checked) return checked;
  // Before a journal is made for it.
  if (auto checked = io::check_bind(options.control, options.insecure); !checked) return checked;
  if (options.events.empty()) return {};
  return io::check_bind(options.events, options.insecure);
}

io::PublisherEngineSettings engine_settings(PublisherOptions& options) {
  io::PublisherEngineSettings settings;
  settings.endpoints = {options.control, options.events, options.insecure, options.live_messages_max,
                        options.event_size_max};
  settings.staging_bytes_max = options.staging_bytes_max;
  settings.quick_commits = options.durability == Durability::os;
  settings.segment_size = options.segment_size;
  settings.core.lease = options.lease;
  settings.core.ledger_flush = options.ledger_flush;
  settings.core.retention = options.retention;
  settings.core.seed = io::random_number();
  for (auto& group : options.groups)
    settings.groups.push_back(
        {std::move(group.name), std::move(group.prefixes), group.start, std::move(group.retry)});
  settings.log = std::move(options.log);
  return settings;
}

/// What an operator should know of how the journal was found, as seqs jump after it.
void tell_how_found(const Identity& identity, Durability durability, const LogCallback& log) {
  if (!log) return;
  if (identity.opened == Opened::suspect)
    log({Level::warning, "journal.suspect",
         "the journal was not closed, and the machine may have lost power since: all that is in it verifies, "
         "its "
         "newest events may be missing, and seqs go on far above them (incarnation " +
             std::to_string(identity.incarnation) + ")"});
  if (!identity.boot_known && durability == Durability::os)
    log({Level::warning, "journal.boot_unknown",
         "/proc/sys/kernel/random/boot_id cannot be read here (ProcSubset=pid hides it): with os durability "
         "every "
         "crash of this process will be taken for a loss of power"});
}

/// The answer to an operator's request, if it is of the kind that was asked for.
template <class Answer>
Result<Answer> expect(Result<ControlMessage> answer) {
  if (!answer) return answer.error();
  if (auto* wanted = std::get_if<Answer>(&*answer)) return std::move(*wanted);
  return fail(Errc::protocol, "the answer is not of the kind that was asked for");
}

Result<ParkedResult> parked_command(io::PublisherEngine& engine, ParkedCommand::Kind kind,
                                    const std::string& group, const ParkedFilter& filter, bool dry_run,
                                    Duration timeout) {
  auto done = expect<ParkedDone>(engine.call(ParkedCommand{0, kind, group, filter, dry_run}, timeout));
  if (!done) return done.error();
  return ParkedResult{done->count, std::move(done->seqs)};
}

}  // namespace

Result<Publisher> Publisher::open(PublisherOptions options) {
  if (auto checked = check_options(options); !checked) return checked.error();
  auto context = io::use_context(options.zmq_context);
  if (!context) return context.error();
  auto journal = open_journal(options.journal, {options.name, options.durability, options.segment_size});
  if (!journal) return journal.error();
  tell_how_found((*journal)->identity(), options.durability, options.log);
  auto settings = engine_settings(options);
  settings.context = std::move(*context);
  auto engine = io::PublisherEngine::open(std::move(*journal), std::move(settings));
  if (!engine) return engine.error();
  auto state = std::make_unique<State>();
  state->control_endpoint = (*engine)->sockets().control_endpoint();
  state->events_endpoint = (*engine)->sockets().events_endpoint();
  state->engine = std::move(*engine);
  return Publisher(std::move(state));
}

Publisher::Publisher(std::unique_ptr<State> state) : state_(std::move(state)) {}

Publisher::Publisher(Publisher&&) noexcept = default;

Publisher& Publisher::operator=(Publisher&& other) noexcept {
  if (this != &other) {
    if (state_ != nullptr) (void)close();
    state_ = std::move(other.state_);
  }
  return *this;
}

Publisher::~Publisher() {
  if (state_ != nullptr) (void)close();
}

Result<Receipt> Publisher::publish(const EventInput& event, Duration timeout) {
  auto seq = state_->engine->staging().publish(event, timeout);
  if (!seq) return seq.error();
  return Receipt(*seq, state_->engine->board());
}

Result<Receipt> Publisher::publish(std::string_view topic, ByteView payload, Duration timeout) {
  return publish(EventInput{topic, std::nullopt, {}, payload}, timeout);
}

Result<Receipt> Publisher::publish(std::string_view topic, std::string_view key, ByteView payload,
                                   Duration timeout) {
  return publish(EventInput{topic, key, {}, payload}, timeout);
}

Result<Receipt> Publisher::try_publish(const EventInput& event) {
  auto seq = state_->engine->staging().publish(event, std::nullopt);
  if (!seq) return seq.error();
  return Receipt(*seq, state_->engine->board());
}

Result<void> Publisher::flush(Duration timeout) {
  auto& board = *state_->engine->board();
  if (auto resolved = board.wait_resolved(state_->engine->staging().last(), io::deadline_after(timeout));
      !resolved)
    return resolved;
  const auto failures = board.failures();
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->failures_told, failures.count) == failures.count) return {};
  return failures.last;
}

Result<void> Publisher::close(Duration timeout) {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->closed, true)) return {};
  return state_->engine->close(timeout);
}

const std::string& Publisher::control_endpoint() const {
  return state_->control_endpoint;
}

const std::string& Publisher::events_endpoint() const {
  return state_->events_endpoint;
}

const Identity& Publisher::identity() const {
  return state_->engine->identity();
}

PublisherStats Publisher::stats() const {
  const auto& staging = state_->engine->staging();
  const auto engine = state_->engine->stats();
  PublisherStats stats;
  stats.published = staging.published();
  stats.staged_bytes = staging.bytes();
  stats.committed = engine.core.committed;
  stats.bytes = engine.core.committed_bytes;
  stats.failed = engine.failed;
  stats.commits = engine.commits;
  stats.sent = engine.core.sent;
  stats.unsent = engine.core.unsent;
  stats.live_messages = engine.core.live_messages;
  stats.fetched = engine.core.fetched;
  stats.redelivered = engine.core.redelivered;
  stats.retried = engine.core.retried;
  stats.parked = engine.core.parked;
  stats.expired = engine.core.expired;
  stats.acks = engine.core.acks;
  stats.stale_acks = engine.core.stale_acks;
  stats.refused = engine.core.refused;
  stats.undecodable = engine.undecodable;
  stats.unroutable = engine.unroutable;
  stats.head = engine.head;
  stats.commit_error = engine.commit_error;
  stats.commit_failed_at = engine.commit_failed_at;
  return stats;
}

bool Publisher::settled(Seq seq) const {
  return state_->engine->wait_settled(seq, 0s).ok();
}

Result<void> Publisher::wait_settled(Seq seq, Duration timeout) const {
  return state_->engine->wait_settled(seq, std::max<Duration>(timeout, 1ns));
}

Result<Info> Publisher::info(Duration timeout) const {
  return expect<Info>(state_->engine->call(InfoRequest{}, timeout));
}

Result<GroupList> Publisher::groups(Duration timeout) const {
  return expect<GroupList>(state_->engine->call(GroupsRequest{}, timeout));
}

Result<ParkedList> Publisher::parked(const std::string& group, const ParkedFilter& filter, Seq after,
                                     std::uint32_t limit, Duration timeout) const {
  return expect<ParkedList>(state_->engine->call(ParkedListRequest{0, group, filter, after, limit}, timeout));
}

Result<ParkedResult> Publisher::redrive(const std::string& group, const ParkedFilter& filter, bool dry_run,
                                        Duration timeout) {
  return parked_command(*state_->engine, ParkedCommand::Kind::redrive, group, filter, dry_run, timeout);
}

Result<ParkedResult> Publisher::discard(const std::string& group, const ParkedFilter& filter, bool dry_run,
                                        Duration timeout) {
  return parked_command(*state_->engine, ParkedCommand::Kind::discard, group, filter, dry_run, timeout);
}

}  // namespace mesh
