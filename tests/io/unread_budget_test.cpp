#include <zmq.h>

#include <boost/test/unit_test.hpp>

#include <mesh/io/publisher/publisher_sockets.hpp>
#include <mesh/io/roles.hpp>

using namespace mesh;
using namespace mesh::io;

namespace {

constexpr std::size_t answer_size = 1u << 20;

std::vector<Bytes> answer() {
  return {Bytes::copy(as_bytes("head")), Bytes(std::vector<std::byte>(answer_size, std::byte{7}))};
}

/// A publisher's sockets and a peer that has asked for something.
struct Asked {
  std::shared_ptr<Context> context = use_context(nullptr).value();
  PublisherSockets sockets =
      PublisherSockets::open(context, {.control = "tcp://127.0.0.1:*", .events = "tcp://127.0.0.1:*"})
          .value();
  Socket peer = open_control_out(context, answer_size).value();
  core::Route route;

  Asked() {
    BOOST_REQUIRE(peer.connect(sockets.control_endpoint()).ok());
    const std::vector<Bytes> question{Bytes::copy(as_bytes("question"))};
    zmq_pollitem_t out{peer.handle(), 0, ZMQ_POLLOUT, 0};
    BOOST_REQUIRE(zmq_poll(&out, 1, 20'000) == 1);
    BOOST_REQUIRE((peer.send(question) == Sent::ok));
    zmq_pollitem_t in{nullptr, sockets.control_fd(), ZMQ_POLLIN, 0};
    while (!sockets.readable()) BOOST_REQUIRE(zmq_poll(&in, 1, 20'000) == 1);
    std::span<const Bytes> frames;
    BOOST_REQUIRE((sockets.next_control(route, frames, 4) == Received::message));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(large_frames_count_until_their_last_user_is_gone_and_small_ones_do_not) {
  UnreadBudget budget(3 * answer_size);
  auto first = answer();
  BOOST_REQUIRE(budget.charge("peer", first));
  BOOST_TEST(budget.unread("peer") == answer_size);
  const auto copy = first;
  first.clear();
  BOOST_TEST(budget.unread("peer") == answer_size);

  auto second = answer();
  auto third = answer();
  BOOST_REQUIRE(budget.charge("peer", second));
  BOOST_REQUIRE(budget.charge("peer", third));
  auto refused = answer();
  BOOST_TEST(!budget.charge("peer", refused));
  std::vector<Bytes> small{Bytes::copy(as_bytes("small"))};
  BOOST_TEST(budget.charge("peer", small));
  auto elsewhere = answer();
  BOOST_TEST(budget.charge("another", elsewhere));

  second.clear();
  BOOST_TEST(budget.unread("peer") == 2 * answer_size);
  BOOST_TEST(budget.charge("peer", refused));
}

BOOST_AUTO_TEST_CASE(peers_that_have_read_everything_are_forgotten) {
  UnreadBudget budget(answer_size);
  for (int i = 0; i < 10'000; ++i) {
    auto frames = answer();
    frames.back() = Bytes(std::vector<std::byte>(2000));
    BOOST_REQUIRE(budget.charge("peer" + std::to_string(i), frames));
  }
  BOOST_TEST(budget.peers() <= 128u);
}

BOOST_FIXTURE_TEST_CASE(a_peer_that_asks_and_never_reads_is_sent_no_more_than_the_bound, Asked) {
  std::size_t sent = 0;
  Sent last = Sent::ok;
  // More than the bound and all the kernel's buffers of a loopback connection together.
  while (last == Sent::ok && sent < 400) {
    last = sockets.send_control(route, answer());
    if (last == Sent::ok) ++sent;
  }
  BOOST_TEST((last == Sent::would_block));
  BOOST_TEST(sent >= PublisherSockets::unread_bytes_max / answer_size);
  // Small answers still come through to it, and reading makes room again.
  BOOST_TEST((sockets.send_control(route, {Bytes::copy(as_bytes("small"))}) == Sent::ok));
  std::vector<Bytes> got;
  for (std::size_t i = 0; i < sent; ++i) {
    zmq_pollitem_t in{peer.handle(), 0, ZMQ_POLLIN, 0};
    BOOST_REQUIRE(zmq_poll(&in, 1, 20'000) == 1);
    BOOST_REQUIRE((peer.receive(got, 2) == Received::message));
    BOOST_REQUIRE(got.size() == 2u);
  }
  BOOST_TEST((sockets.send_control(route, answer()) == Sent::ok));
}
