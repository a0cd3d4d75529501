// What the mesh is compared with: one ZeroMQ PUB/SUB message per event, no journal, no acknowledgement.
#include <zmq.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <tools/zmesh/bench/paced_payload.hpp>
#include <tools/zmesh/bench/usage.hpp>
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

  ~BenchSocket() { close(); }

  BenchSocket(const BenchSocket&) = delete;
  BenchSocket& operator=(const BenchSocket&) = delete;

  void set(int option, int value) { zmq_setsockopt(handle, option, &value, sizeof value); }

  /// Returns when all that was sent has left.
  void close() {
    if (handle == nullptr) return;
    zmq_close(handle);
    zmq_ctx_term(context);
    handle = nullptr;
  }

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
  socket.set(ZMQ_XPUB_VERBOSE, 1);  // every subscriber is told of, not only the first
  if (zmq_bind(socket.handle, "tcp://127.0.0.1:*") != 0) return zmq_failed("bind");
  char endpoint[256];
  std::size_t size = sizeof endpoint;
  zmq_getsockopt(socket.handle, ZMQ_LAST_ENDPOINT, endpoint, &size);
  if (!print_object({{"ready", std::string(endpoint)}})) return ExitCode::failure;
  for (std::uint32_t member = 0; member < child.members; ++member) {
    char subscription[64];
    if (zmq_recv(socket.handle, subscription, sizeof subscription, 0) < 0) {
      return zmq_failed("a subscriber did not come");
    }
  }

  Workload workload(child);
  Pacer pacer(child.rate);
  std::vector<std::byte> message(sizeof bench_topic);
  std::memcpy(message.data(), bench_topic, sizeof bench_topic);
  message.resize(sizeof bench_topic + workload.payload(0).size());
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    const auto payload = paced_payload(workload, pacer, child, number);
    std::memcpy(message.data() + sizeof bench_topic, payload.data(), payload.size());
    if (zmq_send(socket.handle, message.data(), message.size(), 0) < 0) return zmq_failed("send");
  }
  socket.close();
  BenchJson result = {{"start_ns", start}, {"end_ns", monotonic_ns()}, {"published", child.events}};
  add_usage(result, cpu);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

ExitCode bench_zmq_consumer(const BenchChild& child) {
  BenchSocket socket(ZMQ_SUB);
  zmq_setsockopt(socket.handle, ZMQ_SUBSCRIBE, bench_topic, sizeof bench_topic - 1);
  if (zmq_connect(socket.handle, child.place.c_str()) != 0) return zmq_failed("connect");
  zmq_msg_t message;
  zmq_msg_init(&message);
  Received received(child);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    if (zmq_msg_recv(&message, socket.handle, 0) < 0) return zmq_failed("receive");
    const std::span frame(static_cast<const std::byte*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    received.add(frame.subspan(std::min(sizeof bench_topic, frame.size())));
  }
  const auto end = monotonic_ns();
  zmq_msg_close(&message);
  socket.close();
  auto result = received.result();
  result["start_ns"] = start;
  result["end_ns"] = end;
  add_usage(result, cpu);
  return print_object(result) ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
