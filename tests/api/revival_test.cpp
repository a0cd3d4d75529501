// A consumer survives what makes a ZeroMQ socket give up for ever.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <thread>

#include "mesh_fixture.hpp"

using namespace mesh;
using namespace mesh::test;

BOOST_AUTO_TEST_CASE(an_event_beyond_the_consumers_limit_hurts_only_until_the_limit_is_raised) {
  TempDirectory directory;
  auto publisher = Publisher::open(publisher_options(directory)).value();
  Notebook notebook;
  auto options = consumer_options(publisher.control_endpoint(), "g");
  options.event_size_max = 300'000;
  options.on_any([&](const Event& event) { notebook.note(event); });
  std::optional<Consumer> consumer = Consumer::open(options).value();
  publish_text(publisher, "t.x", "k", "small");
  BOOST_REQUIRE(notebook.wait_count(1));
  publish_text(publisher, "t.x", "k", std::string(900'000, 'x'));
  const auto last = publish_text(publisher, "t.x", "k", "after");
  BOOST_TEST(eventually([&] { return consumer->stats().total.reconnects >= 2; }));
  BOOST_TEST(notebook.count() <= 2u);
  consumer.reset();

  options.event_size_max = 1u << 20;
  consumer = Consumer::open(options).value();
  BOOST_TEST(publisher.wait_settled(last, patience).ok());
  BOOST_TEST(notebook.count() == 3u);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_met_a_foreign_server_finds_the_real_publisher_later) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  BOOST_REQUIRE(::listen(fd, 8) == 0);
  const auto endpoint = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));

  Latch latch;
  bool refused = false;
  Notebook notebook;
  auto options = consumer_options(endpoint, "g");
  options.log = [&](const Notice& notice) {
    if (notice.code == "link.refused") latch.change([&] { refused = true; });
  };
  options.on_any([&](const Event& event) { notebook.note(event); });
  auto consumer = Consumer::open(std::move(options)).value();
  const int peer = ::accept(fd, nullptr, nullptr);
  std::string greeting("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00", 12);
  greeting += std::string("NOBODY").append(52 - 6, '\0');
  BOOST_REQUIRE(::write(peer, greeting.data(), greeting.size()) == 64);
  BOOST_TEST(latch.wait([&] { return refused; }));
  ::close(peer);
  ::close(fd);

  TempDirectory directory;
  auto wanted = publisher_options(directory);
  wanted.control = endpoint;
  auto publisher = Publisher::open(wanted).value();
  publish_text(publisher, "t.x", "k", "hello");
  BOOST_TEST(notebook.wait_count(1));
  BOOST_TEST(consumer.close(patience).ok());
}
