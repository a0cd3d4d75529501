#include <unistd.h>
#include <zmq.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include <mesh/io/bind.hpp>
#include <mesh/io/roles.hpp>

using namespace mesh;
using namespace mesh::io;

namespace {

bool receive_within(Socket& socket, std::vector<Bytes>& frames, std::size_t frames_max, Received wanted) {
  zmq_pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
  zmq_poll(&item, 1, 20'000);
  return socket.receive(frames, frames_max) == wanted;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_large_frame_is_shared_until_it_has_been_received_and_then_let_go) {
  auto context = use_context(nullptr).value();
  auto in = Socket::open(context, ZMQ_PAIR).value();
  auto out = Socket::open(context, ZMQ_PAIR).value();
  BOOST_REQUIRE(in.bind("inproc://frames").ok());
  BOOST_REQUIRE(out.connect("inproc://frames").ok());
  auto owner = std::make_shared<std::vector<std::byte>>(100'000, std::byte{7});
  std::weak_ptr<void> watch = owner;
  const auto* data = owner->data();
  {
    const std::vector<Bytes> frames{Bytes::copy(as_bytes("small")), Bytes(*owner, owner)};
    owner.reset();
    BOOST_REQUIRE((out.send(frames) == Sent::ok));
  }
  BOOST_TEST(!watch.expired());
  std::vector<Bytes> got;
  BOOST_REQUIRE(receive_within(in, got, 2, Received::message));
  BOOST_REQUIRE(got.size() == 2u);
  BOOST_TEST(as_text(got[0].view()) == "small");
  BOOST_TEST(got[1].size() == 100'000u);
  BOOST_TEST((got[1].data() == data));
  const Bytes kept = got[1];
  got.clear();
  BOOST_TEST(!watch.expired());
  BOOST_TEST((kept.view()[99'999] == std::byte{7}));
}

BOOST_AUTO_TEST_CASE(a_message_of_too_many_frames_is_dropped_whole) {
  auto context = use_context(nullptr).value();
  auto in = Socket::open(context, ZMQ_PAIR).value();
  auto out = Socket::open(context, ZMQ_PAIR).value();
  BOOST_REQUIRE(in.bind("inproc://many").ok());
  BOOST_REQUIRE(out.connect("inproc://many").ok());
  BOOST_REQUIRE((out.send(std::vector<Bytes>(1000, Bytes::copy(as_bytes("x")))) == Sent::ok));
  BOOST_REQUIRE((out.send(std::vector<Bytes>(3, Bytes::copy(as_bytes("y")))) == Sent::ok));
  std::vector<Bytes> got;
  BOOST_REQUIRE(receive_within(in, got, 3, Received::unusable));
  BOOST_TEST(got.empty());
  BOOST_REQUIRE((in.receive(got, 3) == Received::message));
  BOOST_TEST(got.size() == 3u);
  BOOST_TEST((in.receive(got, 3) == Received::nothing));
}

BOOST_AUTO_TEST_CASE(the_library_shares_one_context_while_somebody_uses_it) {
  auto one = use_context(nullptr).value();
  auto other = use_context(nullptr).value();
  BOOST_TEST(one->handle() == other->handle());
  void* own = zmq_ctx_new();
  {
    auto service = use_context(own).value();
    BOOST_TEST(service->handle() == own);
  }
  void* socket = zmq_socket(own, ZMQ_PAIR);  // it was not terminated
  BOOST_TEST(socket != nullptr);
  zmq_close(socket);
  zmq_ctx_term(own);
}

BOOST_AUTO_TEST_CASE(what_is_sent_to_nobody_is_an_answer_and_not_a_wait) {
  auto context = use_context(nullptr).value();
  auto router = open_control_in(context, 1000).value();
  BOOST_REQUIRE(listen(router, "inproc://router", false).ok());
  const std::vector<Bytes> frames{Bytes::copy(as_bytes("stranger")), Bytes::copy(as_bytes("x"))};
  BOOST_TEST((router.send(frames) == Sent::unroutable));
  auto dealer = open_control_out(context, 1000).value();
  BOOST_REQUIRE(dealer.connect("tcp://127.0.0.1:1").ok());
  BOOST_TEST((dealer.send(frames) == Sent::would_block));
}

BOOST_AUTO_TEST_CASE(a_bind_resolves_wildcards_and_refuses_what_is_taken) {
  auto context = use_context(nullptr).value();
  auto one = open_control_in(context, 1000).value();
  const auto endpoint = listen(one, "tcp://127.0.0.1:*", false).value();
  BOOST_TEST(check_connect(endpoint).ok());
  auto two = open_control_in(context, 1000).value();
  BOOST_TEST((listen(two, endpoint, false).error().code == Errc::endpoint_in_use));
  auto three = open_control_in(context, 1000).value();
  BOOST_TEST((listen(three, "ipc:///nowhere/at/all", false).error().code == Errc::endpoint_invalid));
}

BOOST_AUTO_TEST_CASE(a_file_is_never_replaced_by_a_socket) {
  const auto path = std::filesystem::temp_directory_path() / ("zmesh-file-" + std::to_string(::getpid()));
  std::ofstream(path) << "precious";
  auto context = use_context(nullptr).value();
  auto socket = open_control_in(context, 1000).value();
  BOOST_TEST((listen(socket, "ipc://" + path.string(), false).error().code == Errc::endpoint_invalid));
  BOOST_TEST(std::filesystem::is_regular_file(path));
  std::filesystem::remove(path);
}
