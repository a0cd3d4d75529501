#include <nodes/gateway/group_desk.hpp>

#include <sys/random.h>

#include <thread>

#include <nodes/gateway/answers.hpp>
#include <nodes/node/rivals.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace node {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// After this the mesh has noticed by itself that ack_wait is over.
constexpr auto grace = 300ms;
/// Silence on a stream, after which a comment shows that it is alive.
constexpr auto stream_silence = 15s;
/// Bytes of one answer, but for a single larger event.
constexpr std::size_t answer_size_max = 4u << 20;

/// Names of deliveries of an earlier run must not be taken for ours.
const std::string& run_name() {
  static const std::string name = [] {
    std::uint32_t number = 0;
    [[maybe_unused]] const auto got = ::getrandom(&number, sizeof number, 0);
    return std::to_string(number);
  }();
  return name;
}

}  // namespace

struct GroupDesk::Delivery {
  enum class State { ready, taken, settled };
  std::string id;
  std::string line;
  State state = State::ready;
  mesh::Outcome outcome;
  Clock::time_point until{};     ///< taken: an answer is in time before this
  std::weak_ptr<Client> client;  ///< the stream that has it
  std::condition_variable changed;
};

/// Somebody who waits for events: a poll, or a stream.
struct GroupDesk::Client {
  http::ExchangePtr exchange;
  std::size_t count = 1;
  bool streams = false;
  bool writing = false;
  bool gone = false;
  std::size_t in_hand = 0;  ///< of a stream; guarded by the desk's mutex
  Clock::time_point written = Clock::now();
};

mesh::Result<std::shared_ptr<GroupDesk>> GroupDesk::open(http::Loop& loop, const GatewaySettings& settings,
                                                         const std::string& member,
                                                         std::vector<std::string> publishers,
                                                         std::string group, std::vector<std::string> prefixes,
                                                         GatewayCounters& counters) {
  auto desk = std::shared_ptr<GroupDesk>(
      new GroupDesk(loop, std::move(group), std::move(prefixes), settings.retry.ack_wait, counters));
  mesh::ConsumerOptions options;
  options.publishers = std::move(publishers);
  options.group = desk->group_;
  options.member = member;
  options.prefixes = desk->prefixes_;
  options.concurrency = settings.in_flight_max;
  options.retry = settings.retry;
  options.event_size_max = settings.event_size_max;
  options.log = notices_of_member("gateway, group " + desk->group_, member, options.publishers.size());
  options.on_any([desk = desk.get()](const mesh::Event& event) { return desk->handle(event); });
  auto consumer = mesh::Consumer::open(std::move(options));
  if (!consumer) return consumer.error();
  desk->consumer_.emplace(std::move(*consumer));
  return desk;
}

GroupDesk::GroupDesk(http::Loop& loop, std::string group, std::vector<std::string> prefixes,
                     mesh::Duration ack_wait, GatewayCounters& counters)
    : loop_(loop),
      group_(std::move(group)),
      prefixes_(std::move(prefixes)),
      ack_wait_(ack_wait),
      counters_(counters) {}

GroupDesk::~GroupDesk() {
  close(0s);
}

// ---- the consumer's workers -------------------------------------------------------------------------------

mesh::Outcome GroupDesk::handle(const mesh::Event& event) {
  auto delivery = std::make_shared<Delivery>();
  zmesh::append_event_json(
      delivery->line, event.view(),
      {event.origin().hex(), event.publisher_name(), event.attempt(), event.redelivered(), event.redrives()});
  std::unique_lock lock(mutex_);
  delivery->id = run_name() + "-" + std::to_string(++count_);
  delivery->line.replace(0, 1, "{\"delivery\":\"" + delivery->id + "\",");
  ready_.push_back(delivery);
  if (!std::exchange(serving_, true)) loop_.post([self = shared_from_this()] { self->serve(); });

  using State = Delivery::State;
  while (!released_ && delivery->state == State::ready) {
    event.extend();
    delivery->changed.wait_for(lock, ack_wait_ / 3);
    if (delivery->state != State::taken) continue;
    event.extend();
    const auto deadline = Clock::now() + ack_wait_ + grace;
    delivery->changed.wait_until(lock, deadline,
                                 [&] { return released_ || delivery->state != State::taken; });
    if (delivery->state != State::taken || released_) continue;
    taken_.erase(delivery->id);
    if (const auto client = delivery->client.lock()) --client->in_hand;
    delivery->state = State::settled;
    delivery->outcome = mesh::retry("no answer by HTTP within ack_wait");
    ++counters_.unanswered;
  }
  if (delivery->state == State::settled) return delivery->outcome;
  // The consumer is being abandoned: the event comes again, uncharged.
  std::erase(ready_, delivery);
  taken_.erase(delivery->id);
  return mesh::retry("the gateway ended");
}

// ---- the loop ---------------------------------------------------------------------------------------------

void GroupDesk::poll(http::ExchangePtr exchange, std::size_t count, mesh::Duration wait) {
  auto client = std::make_shared<Client>();
  client->exchange = std::move(exchange);
  client->count = count;
  client->exchange->watch([weak = weak_from_this(), client] {
    if (const auto self = weak.lock()) self->leave(client);
  });
  join(client);
  if (closed_) return dismiss();
  serve();
  if (client->gone) return;
  loop_.after(wait, [weak = weak_from_this(), client] {
    if (client->gone) return;
    client->exchange->reply({200, "", "application/x-ndjson"});
    if (const auto self = weak.lock()) self->leave(client);
  });
}

void GroupDesk::stream(http::ExchangePtr exchange, std::size_t count) {
  auto client = std::make_shared<Client>();
  client->exchange = std::move(exchange);
  client->count = count;
  client->streams = true;
  client->exchange->begin_stream("text/event-stream");
  client->exchange->watch([weak = weak_from_this(), client] {
    if (const auto self = weak.lock()) self->leave(client);
  });
  join(client);
  if (closed_) return dismiss();
  serve();
  keep_alive(client);
}

void GroupDesk::keep_alive(const ClientPtr& client) {
  loop_.after(stream_silence, [weak = weak_from_this(), client] {
    const auto self = weak.lock();
    if (client->gone || !self) return;
    if (!client->writing && Clock::now() - client->written >= stream_silence) {
      client->writing = true;
      client->exchange->stream(":\n\n", [self, client](bool written) {
        client->writing = false;
        written ? self->give(client) : self->leave(client);
      });
    }
    self->keep_alive(client);
  });
}

void GroupDesk::join(const ClientPtr& client) {
  clients_.push_back(client);
  const std::lock_guard lock(mutex_);
  waiting_ = clients_.size();
}

void GroupDesk::leave(const ClientPtr& client) {
  client->gone = true;
  clients_.remove(client);
  const std::lock_guard lock(mutex_);
  waiting_ = clients_.size();
  used_ = Clock::now();
}

void GroupDesk::serve() {
  {
    const std::lock_guard lock(mutex_);
    serving_ = false;
  }
  // Those who wait longest come first; a stream goes to the end of the line with each turn.
  const std::vector<ClientPtr> waiting(clients_.begin(), clients_.end());
  for (const auto& client : waiting) give(client);
}

/// Those who wait are told that there is nothing, and a stream ends.
void GroupDesk::dismiss() {
  const std::vector<ClientPtr> waiting(clients_.begin(), clients_.end());
  for (const auto& client : waiting) {
    leave(client);
    client->streams ? client->exchange->end_stream()
                    : client->exchange->reply({200, "", "application/x-ndjson"});
  }
}

std::vector<GroupDesk::DeliveryPtr> GroupDesk::take(const ClientPtr& client) {
  const std::lock_guard lock(mutex_);
  used_ = Clock::now();
  std::vector<DeliveryPtr> given;
  std::size_t size = 0;
  while (!ready_.empty() && given.size() + client->in_hand < client->count && size < answer_size_max) {
    auto delivery = ready_.front();
    ready_.pop_front();
    delivery->state = Delivery::State::taken;
    delivery->until = Clock::now() + ack_wait_;
    delivery->changed.notify_all();
    taken_[delivery->id] = delivery;
    size += delivery->line.size();
    given.push_back(std::move(delivery));
  }
  if (client->streams) {
    client->in_hand += given.size();
    for (const auto& delivery : given) delivery->client = client;
  }
  return given;
}

void GroupDesk::give(const ClientPtr& client) {
  if (client->gone || client->writing) return;
  auto given = take(client);
  if (given.empty()) return;
  std::string text;
  for (const auto& delivery : given) {
    if (client->streams) text += "id: " + delivery->id + "\ndata: ";
    text += delivery->line + "\n";
    if (client->streams) text += "\n";
  }
  counters_.delivered += given.size();
  client->writing = true;
  const auto written = [self = shared_from_this(), client, given = std::move(given)](bool out) {
    client->writing = false;
    client->written = Clock::now();
    if (!out) {
      self->give_back(given);
      return self->leave(client);
    }
    if (client->streams) self->give(client);
  };
  if (client->streams) {
    client->exchange->stream(std::move(text), written);
  } else {
    leave(client);
    client->exchange->reply({200, std::move(text), "application/x-ndjson"}, written);
  }
}

void GroupDesk::give_back(const std::vector<DeliveryPtr>& deliveries) {
  {
    const std::lock_guard lock(mutex_);
    for (auto i = deliveries.rbegin(); i != deliveries.rend(); ++i) {
      if ((*i)->state != Delivery::State::taken) continue;
      (*i)->state = Delivery::State::ready;
      taken_.erase((*i)->id);
      ready_.push_front(*i);
      (*i)->changed.notify_all();
    }
  }
  serve();
}

// ---- any thread -------------------------------------------------------------------------------------------

bool GroupDesk::settle(const std::string& id, mesh::Outcome outcome) {
  const std::lock_guard lock(mutex_);
  used_ = Clock::now();
  const auto found = taken_.find(id);
  // Out of time, its attempt has failed, or is about to: what is said now is not taken.
  if (found == taken_.end() || Clock::now() >= found->second->until) return false;
  const auto delivery = found->second;
  taken_.erase(found);
  using Outcome = mesh::Outcome::Kind;
  ++(outcome.kind == Outcome::ack     ? counters_.acked
     : outcome.kind == Outcome::retry ? counters_.retried
                                      : counters_.parked);
  delivery->state = Delivery::State::settled;
  delivery->outcome = std::move(outcome);
  delivery->changed.notify_all();
  closing_.notify_all();
  if (const auto client = delivery->client.lock()) {
    --client->in_hand;
    loop_.post([weak = weak_from_this(), client] {
      if (const auto self = weak.lock()) self->give(client);
    });
  }
  return true;
}

bool GroupDesk::idle_for(mesh::Duration duration) const {
  const std::lock_guard lock(mutex_);
  return waiting_ == 0 && taken_.empty() && Clock::now() - used_ >= duration;
}

void GroupDesk::close(mesh::Duration timeout) {
  if (!consumer_ || closed_.exchange(true)) return;
  consumer_->stop();
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->dismiss();
  });
  {
    std::unique_lock lock(mutex_);
    closing_.wait_for(lock, timeout, [&] { return taken_.empty(); });
  }
  // What nobody has asked for stays in the handlers' hands, so the consumer cannot drain: it is abandoned,
  // which charges nothing, and only then may the handlers return.
  bool closed = false;
  std::thread releaser([&] {
    std::unique_lock lock(mutex_);
    closing_.wait_for(lock, 500ms, [&] { return closed; });
    released_ = true;
    for (const auto& delivery : ready_) delivery->changed.notify_all();
    for (const auto& [id, delivery] : taken_) delivery->changed.notify_all();
  });
  (void)consumer_->close(200ms);
  {
    const std::lock_guard lock(mutex_);
    closed = true;
  }
  closing_.notify_all();
  releaser.join();
}

}  // namespace node
