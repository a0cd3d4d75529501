#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <sys/time.h>

#include <string>
#include <vector>

#include <tools/bench/compare/peer.hpp>
#include <tools/zmesh/bench/paced_payload.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

constexpr std::uint64_t rabbit_in_flight = 2000;
constexpr std::uint64_t rabbit_ack_every = 200;
constexpr std::uint16_t rabbit_prefetch = 2000;
constexpr amqp_channel_t rabbit_channel = 1;
constexpr const char* rabbit_queue = "bench";

/// One connection with one channel.
struct Rabbit {
  explicit Rabbit(const std::string& place) : connection(amqp_new_connection()) {
    const auto [host, port] = host_and_port(place);
    auto* socket = amqp_tcp_socket_new(connection);
    if (amqp_socket_open(socket, host.c_str(), port) != AMQP_STATUS_OK) return;
    const auto login =
        amqp_login(connection, "/", 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (login.reply_type != AMQP_RESPONSE_NORMAL) return;
    amqp_channel_open(connection, rabbit_channel);
    good = succeeded("channel");
  }

  ~Rabbit() { amqp_destroy_connection(connection); }

  Rabbit(const Rabbit&) = delete;
  Rabbit& operator=(const Rabbit&) = delete;

  bool succeeded(const std::string& what) const {
    if (amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL) return true;
    complain("RabbitMQ did not accept: " + what);
    return false;
  }

  amqp_connection_state_t connection;
  bool good = false;
};

/// Which of the published events are confirmed: singly, in any order, or all up to one.
class Confirms {
 public:
  explicit Confirms(std::uint64_t events) : confirmed_(events + 1) {}

  void add(std::uint64_t tag, bool multiple) {
    for (auto one = multiple ? floor_ + 1 : tag; one <= tag && one < confirmed_.size(); ++one) {
      count_ += !confirmed_[one];
      confirmed_[one] = true;
    }
    while (floor_ + 1 < confirmed_.size() && confirmed_[floor_ + 1]) ++floor_;
  }

  std::uint64_t count() const { return count_; }

 private:
  std::vector<bool> confirmed_;
  std::uint64_t floor_ = 0;
  std::uint64_t count_ = 0;
};

/// Takes one frame of confirms, waiting at most `seconds`. False: something else came, or an error.
bool take_confirm(Rabbit& rabbit, Confirms& confirms, long seconds) {
  amqp_frame_t frame;
  timeval limit{seconds, 0};
  const int status = amqp_simple_wait_frame_noblock(rabbit.connection, &frame, &limit);
  if (status == AMQP_STATUS_TIMEOUT) return seconds == 0;
  if (status != AMQP_STATUS_OK || frame.frame_type != AMQP_FRAME_METHOD ||
      frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
    complain("RabbitMQ did not confirm");
    return false;
  }
  const auto* ack = static_cast<const amqp_basic_ack_t*>(frame.payload.method.decoded);
  confirms.add(ack->delivery_tag, ack->multiple != 0);
  amqp_maybe_release_buffers(rabbit.connection);
  return true;
}

bool rabbit_input_waits(const Rabbit& rabbit) {
  if (amqp_frames_enqueued(rabbit.connection) != 0 || amqp_data_in_buffer(rabbit.connection) != 0)
    return true;
  fd_set readable;
  const int socket = amqp_get_sockfd(rabbit.connection);
  FD_ZERO(&readable);
  FD_SET(socket, &readable);
  timeval none{0, 0};
  return ::select(socket + 1, &readable, nullptr, nullptr, &none) > 0;
}

}  // namespace

ExitCode rabbit_publisher(const BenchChild& child) {
  Rabbit rabbit(child.place);
  if (!rabbit.good) return ExitCode::failure;
  amqp_confirm_select(rabbit.connection, rabbit_channel);
  if (!rabbit.succeeded("confirms")) return ExitCode::failure;
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  Workload workload(child);
  Confirms confirms(child.events);
  Pacer pacer(child.rate);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    const auto payload = paced_payload(workload, pacer, child, number);
    const amqp_bytes_t body{payload.size(), payload.data()};
    if (amqp_basic_publish(rabbit.connection, rabbit_channel, amqp_empty_bytes,
                           amqp_cstring_bytes(rabbit_queue), 0, 0, &properties, body) != AMQP_STATUS_OK) {
      return ExitCode::failure;
    }
    while (number + 1 - confirms.count() >= rabbit_in_flight || rabbit_input_waits(rabbit)) {
      if (!take_confirm(rabbit, confirms, 60)) return ExitCode::failure;
    }
  }
  while (confirms.count() < child.events) {
    if (!take_confirm(rabbit, confirms, 60)) return ExitCode::failure;
  }
  return print_published(child, start, cpu);
}

ExitCode rabbit_consumer(const BenchChild& child) {
  Rabbit rabbit(child.place);
  if (!rabbit.good) return ExitCode::failure;
  amqp_table_entry_t kind{};
  kind.key = amqp_cstring_bytes("x-queue-type");
  kind.value.kind = AMQP_FIELD_KIND_UTF8;
  kind.value.value.bytes = amqp_cstring_bytes("quorum");
  const amqp_table_t arguments{1, &kind};
  const auto queue = amqp_cstring_bytes(rabbit_queue);
  amqp_queue_declare(rabbit.connection, rabbit_channel, queue, 0, 1, 0, 0, arguments);
  if (!rabbit.succeeded("queue")) return ExitCode::failure;
  amqp_basic_qos(rabbit.connection, rabbit_channel, 0, rabbit_prefetch, 0);
  amqp_basic_consume(rabbit.connection, rabbit_channel, queue, amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
  if (!rabbit.succeeded("consume") || !print_object({{"ready", true}})) return ExitCode::failure;
  Received received(child);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  while (received.events() < child.events) {
    amqp_envelope_t envelope;
    timeval limit{60, 0};
    amqp_maybe_release_buffers(rabbit.connection);
    if (amqp_consume_message(rabbit.connection, &envelope, &limit, 0).reply_type != AMQP_RESPONSE_NORMAL) {
      complain("no event came from RabbitMQ within 60 s");
      return ExitCode::failure;
    }
    const auto& body = envelope.message.body;
    received.add({static_cast<const std::byte*>(body.bytes), body.len});
    const auto tag = envelope.delivery_tag;
    amqp_destroy_envelope(&envelope);
    if (received.events() % rabbit_ack_every != 0 && received.events() < child.events) continue;
    if (amqp_basic_ack(rabbit.connection, rabbit_channel, tag, 1) != AMQP_STATUS_OK) return ExitCode::failure;
  }
  // Answered after the acks before it.
  const bool closed = amqp_channel_close(rabbit.connection, rabbit_channel, AMQP_REPLY_SUCCESS).reply_type ==
                      AMQP_RESPONSE_NORMAL;
  return closed ? print_received(received, start, cpu) : ExitCode::failure;
}

}  // namespace zmesh
