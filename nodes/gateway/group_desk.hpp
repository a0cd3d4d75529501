// One group as HTTP consumers see it: a member of the group whose handlers wait for answers by HTTP.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <mesh/consumer.hpp>
#include <nodes/config/settings.hpp>
#include <nodes/http/exchange.hpp>
#include <nodes/http/loop.hpp>
#include <nodes/node/counters.hpp>

namespace node {

///     ready ---- given to a client ----> taken ---- ack, retry, park ----> settled
///       ^                                  |\--- no answer in ack_wait --> settled (retry)
///       \------- it could not be sent -----/
///
/// While an event is only ready its handler extends its ack_wait: a group that nobody asks for is not
/// charged.
class GroupDesk : public std::enable_shared_from_this<GroupDesk> {
 public:
  static mesh::Result<std::shared_ptr<GroupDesk>> open(http::Loop& loop, const GatewaySettings& settings,
                                                       const std::string& member,
                                                       std::vector<std::string> publishers, std::string group,
                                                       std::vector<std::string> prefixes,
                                                       GatewayCounters& counters);
  ~GroupDesk();

  const std::vector<std::string>& prefixes() const { return prefixes_; }

  const std::string& group() const { return group_; }

  std::string member() const { return consumer_->member(); }

  mesh::ConsumerStats stats() const { return consumer_->stats(); }

  // ---- on the loop ----
  /// Answers with at most `count` events as JSON Lines as soon as there is one; with none when the wait is
  /// over.
  void poll(http::ExchangePtr exchange, std::size_t count, mesh::Duration wait);
  /// Server-sent events, of which at most `count` are unanswered.
  void stream(http::ExchangePtr exchange, std::size_t count);

  // ---- any thread ----
  /// False: there is no such delivery in a client's hands (any more).
  bool settle(const std::string& delivery, mesh::Outcome outcome);
  /// Nobody has asked for it or answered for that long, and nobody waits for its events.
  bool idle_for(mesh::Duration duration) const;
  /// Lets clients answer what they have in hand for `timeout`; the rest goes back unharmed.
  void close(mesh::Duration timeout);

 private:
  struct Delivery;
  struct Client;
  using DeliveryPtr = std::shared_ptr<Delivery>;
  using ClientPtr = std::shared_ptr<Client>;

  GroupDesk(http::Loop& loop, std::string group, std::vector<std::string> prefixes, mesh::Duration ack_wait,
            GatewayCounters& counters);
  mesh::Outcome handle(const mesh::Event& event);
  void serve();
  void give(const ClientPtr& client);
  void give_back(const std::vector<DeliveryPtr>& deliveries);
  void keep_alive(const ClientPtr& client);
  void join(const ClientPtr& client);
  void leave(const ClientPtr& client);
  void dismiss();
  std::vector<DeliveryPtr> take(const ClientPtr& client);

  http::Loop& loop_;
  const std::string group_;
  const std::vector<std::string> prefixes_;
  const mesh::Duration ack_wait_;
  GatewayCounters& counters_;

  std::list<ClientPtr> clients_;  ///< of the loop

  mutable std::mutex mutex_;
  std::condition_variable closing_;
  std::deque<DeliveryPtr> ready_;
  std::map<std::string, DeliveryPtr> taken_;
  std::uint64_t count_ = 0;
  std::size_t waiting_ = 0;  ///< of clients_
  bool serving_ = false;     ///< serve() is on its way
  bool released_ = false;    ///< handlers return, whatever they wait for
  std::chrono::steady_clock::time_point used_{std::chrono::steady_clock::now()};

  std::atomic<bool> closed_{false};
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace node
