// What the mesh is compared with: one ZeroMQ PUB/SUB message per event, no journal, no acknowledgement.

#include <zmq.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <tools/zmesh/bench/child.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

constexpr char bench_topic[] = "bench.event";
constexpr int bench_limit_ms = 20'000;

/// Context and socket, closed in order.
struct BenchSocket {
  explicit BenchSocket(int type) : context(zmq_ctx_new()), handle(zmq_socket(context, type)) {
    // A publisher's last messages are still on their way when it closes.
    set(ZMQ_LINGER, type == ZMQ_XPUB ? bench_limit_ms : 0);
    set(ZMQ_SNDTIMEO, bench_limit_ms);
    set(ZMQ_RCVTIMEO, bench_limit_ms);
    set(ZMQ_SNDHWM, 100'000);
    set(ZMQ_RCVHWM, 100'000);
  }

  ~BenchSocket() {
    zmq_close(handle);
    zmq_ctx_term(context);
  }

  BenchSocket(const BenchSocket&) = delete;
  BenchSocket& operator=(const BenchSocket&) = delete;

  void set(int option, int value) { zmq_setsockopt(handle, option, &value, sizeof value); }

  void* context;
  void* handle;
};

ExitCode zmq_failed(const std::string& what) {
  complain(what + ": " + zmq_strerror(zmq_errno()));
  return ExitCode::failure;
}

}  // namespace

ExitCode bench_zmq_publisher(const BenchChild& child) {
  BenchSocket socket(ZMQ_XPUB);
  // Nothing may be dropped, or the two would not be comparable: at the mark the publisher waits.
  socket.set(ZMQ_XPUB_NODROP, 1);
  if (zmq_bind(socket.handle, "tcp://127.0.0.1:*") != 0) return zmq_failed("bind");
  char endpoint[256];
  std::size_t size = sizeof endpoint;
  zmq_getsockopt(socket.handle, ZMQ_LAST_ENDPOINT, endpoint, &size);
  if (!write_out("{\"endpoint\":\"" + std::string(endpoint) + "\"}\n")) return ExitCode::failure;
  char subscription[64];
  if (zmq_recv(socket.handle, subscription, sizeof subscription, 0) < 0)
    return zmq_failed("no subscriber came");

  std::vector<std::byte> message(sizeof bench_topic + child.payload_bytes, std::byte{42});
  std::memcpy(message.data(), bench_topic, sizeof bench_topic);
  const auto payload = std::span(message).subspan(sizeof bench_topic);
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    write_number(payload, number);
    if (zmq_send(socket.handle, message.data(), message.size(), 0) < 0) return zmq_failed("send");
  }
  return print_span(start, monotonic_ns());
}

ExitCode bench_zmq_consumer(const BenchChild& child) {
  BenchSocket socket(ZMQ_SUB);
  zmq_setsockopt(socket.handle, ZMQ_SUBSCRIBE, bench_topic, sizeof bench_topic - 1);
  if (zmq_connect(socket.handle, child.place.c_str()) != 0) return zmq_failed("connect");
  const auto start = monotonic_ns();
  zmq_msg_t message;
  zmq_msg_init(&message);
  Tally tally;
  for (std::uint64_t number = 0; number < child.events; ++number) {
    if (zmq_msg_recv(&message, socket.handle, 0) < 0) return zmq_failed("receive");
    const std::span frame(static_cast<const std::byte*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    tally.add(frame.subspan(std::min(sizeof bench_topic, frame.size())));
  }
  const auto end = monotonic_ns();
  zmq_msg_close(&message);
  if (!tally.complete(child)) return ExitCode::failure;
  return print_span(start, end);
}

}  // namespace zmesh
