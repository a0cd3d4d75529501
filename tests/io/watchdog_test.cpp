// libzmq gives up for ever on a port where something else answers; the watchdog notices and revives.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <mesh/io/clock.hpp>
#include <mesh/io/consumer/watchdog.hpp>
#include <mesh/io/roles.hpp>

using namespace mesh;
using namespace mesh::io;

namespace {

/// Answers every connection with something that is not ZeroMQ.
class ForeignServer {
 public:
  ForeignServer() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    BOOST_REQUIRE(::listen(fd_, 8) == 0);
    thread_ = std::thread([this] {
      for (;;) {
        const int peer = ::accept(fd_, nullptr, nullptr);
        if (peer < 0) return;
        // A valid greeting of a version and mechanism that nobody has, which is a protocol error.
        std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00", 12);
        greeting += std::string("NOBODY").append(52 - 6, '\0');
        (void)!::write(peer, greeting.data(), greeting.size());
        peers_.push_back(peer);
      }
    });
  }

  ~ForeignServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    for (const int peer : peers_) ::close(peer);
    ::close(fd_);
  }

  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_ = -1;
  int port_ = 0;
  std::vector<int> peers_;
  std::thread thread_;
};

class EventLog {
 public:
  void add(LinkEvent event) {
    {
      const std::lock_guard lock(mutex_);
      ++counts_[event];
    }
    changed_.notify_all();
  }

  bool wait_for(LinkEvent event, int count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return counts_[event] >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<LinkEvent, int> counts_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_socket_that_met_a_foreign_server_works_once_the_real_one_is_there) {
  auto context = use_context(nullptr).value();
  EventLog log;
  Watchdog watchdog(context, [&](Watchdog::Id, LinkEvent event) { log.add(event); });
  BOOST_REQUIRE(watchdog.start().ok());
  auto dealer = open_control_out(context, 1000).value();
  BOOST_REQUIRE(watchdog.watch(dealer, 1).ok());
  std::string endpoint;
  {
    ForeignServer foreign;
    endpoint = foreign.endpoint();
    BOOST_REQUIRE(dealer.connect(endpoint).ok());
    BOOST_REQUIRE(log.wait_for(LinkEvent::disconnected));
  }
  auto router = open_control_in(context, 1000).value();
  BOOST_REQUIRE(router.bind(endpoint).ok());
  dealer.disconnect(endpoint);
  BOOST_REQUIRE(dealer.connect(endpoint).ok());
  BOOST_REQUIRE(log.wait_for(LinkEvent::connected));
  dealer.close();
  watchdog.stop();
}

BOOST_AUTO_TEST_CASE(an_ordinary_loss_is_libzmqs_to_repair) {
  auto context = use_context(nullptr).value();
  EventLog log;
  Watchdog watchdog(context, [&](Watchdog::Id, LinkEvent event) { log.add(event); });
  BOOST_REQUIRE(watchdog.start().ok());
  auto dealer = open_control_out(context, 1000).value();
  BOOST_REQUIRE(watchdog.watch(dealer, 1).ok());
  std::optional<Socket> router = open_control_in(context, 1000).value();
  BOOST_REQUIRE(router->bind("tcp://127.0.0.1:*").ok());
  const auto endpoint = router->last_endpoint();
  BOOST_REQUIRE(dealer.connect(endpoint).ok());
  BOOST_REQUIRE(log.wait_for(LinkEvent::connected));
  router.reset();
  BOOST_TEST(log.wait_for(LinkEvent::disconnected));
  BOOST_TEST(log.wait_for(LinkEvent::retrying));
}

BOOST_AUTO_TEST_CASE(a_disconnect_without_a_retry_makes_the_connection_anew_after_the_grace) {
  Revival revival;
  BOOST_TEST(!revival.due(1000s));
  revival.on_event(LinkEvent::disconnected, 10s);
  BOOST_TEST((revival.deadline() == 10s + Revival::grace));
  BOOST_TEST(!revival.due(10s));
  BOOST_TEST(revival.due(10s + Revival::grace));
  BOOST_TEST(!revival.due(1000s));
}

BOOST_AUTO_TEST_CASE(a_retry_or_a_connection_calls_the_revival_off) {
  Revival revival;
  revival.on_event(LinkEvent::disconnected, 10s);
  revival.on_event(LinkEvent::retrying, 10s);
  BOOST_TEST(!revival.due(1000s));
  revival.on_event(LinkEvent::refused, 10s);
  revival.on_event(LinkEvent::connected, 10s);
  BOOST_TEST(!revival.due(1000s));
}

BOOST_AUTO_TEST_CASE(repeated_refusals_are_tried_less_and_less_often) {
  Revival revival;
  Duration now = 10s;
  Duration last_pause{0};
  for (int i = 0; i < 10; ++i) {
    revival.on_event(LinkEvent::refused, now);
    const auto pause = *revival.deadline() - now;
    BOOST_TEST((pause >= last_pause));
    BOOST_TEST((pause <= Revival::backoff_max));
    last_pause = pause;
    now = *revival.deadline();
    BOOST_TEST(revival.due(now));
  }
  BOOST_TEST((last_pause == Revival::backoff_max));
}
