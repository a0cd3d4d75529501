#include <nats/nats.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include <tools/bench/compare/peer.hpp>
#include <tools/zmesh/bench/paced_payload.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

constexpr const char* nats_subject = "bench.event";
constexpr std::int64_t nats_in_flight = 8192;
constexpr std::uint64_t nats_ack_every = 256;
constexpr std::int64_t nats_limit_ms = 60'000;

bool nats_good(natsStatus status, const std::string& what, jsErrCode code = jsErrCode(0)) {
  if (status == NATS_OK) return true;
  complain("NATS, " + what + ": " + natsStatus_GetText(status) + " (" + std::to_string(code) + ")");
  return false;
}

/// Connection and JetStream context, closed in order.
struct Nats {
  Nats(const BenchChild& child) {
    natsOptions* options = nullptr;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, ("nats://" + child.place).c_str());
    // Its flusher gathers for throughput; single events go out at once.
    natsOptions_SetSendAsap(options, child.rate > 0);
    good = nats_good(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    jsOptions js_options;
    jsOptions_Init(&js_options);
    js_options.PublishAsync.MaxPending = nats_in_flight;
    js_options.PublishAsync.StallWait = nats_limit_ms;
    js_options.PublishAsync.ErrHandler = [](jsCtx*, jsPubAckErr* error, void* failed) {
      complain("NATS did not take an event: " +
               std::string(error->ErrText != nullptr ? error->ErrText : "?"));
      *static_cast<bool*>(failed) = true;
    };
    js_options.PublishAsync.ErrHandlerClosure = &publish_failed;
    good = good && nats_good(natsConnection_JetStream(&js, connection, &js_options), "JetStream");
  }

  ~Nats() {
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    nats_Close();
  }

  Nats(const Nats&) = delete;
  Nats& operator=(const Nats&) = delete;

  natsConnection* connection = nullptr;
  jsCtx* js = nullptr;
  bool good = false;
  bool publish_failed = false;  ///< written by the library's thread, read after all is complete
};

/// What the library's thread has received, for the one that waits.
struct NatsReceived {
  explicit NatsReceived(const BenchChild& child) : received(child), events(child.events) {}

  void take(natsMsg* message) {
    received.add(std::as_bytes(
        std::span(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)))));
    // An ack is for all before it, too; the last one waits until the server has it.
    const bool last = received.events() == events;
    if (last) {
      acked = natsMsg_AckSync(message, nullptr, nullptr) == NATS_OK;
    } else if (received.events() % nats_ack_every == 0) {
      natsMsg_Ack(message, nullptr);
    }
    natsMsg_Destroy(message);
    if (!last) return;
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_one();
  }

  Received received;
  std::uint64_t events;
  bool acked = false;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
};

}  // namespace

ExitCode nats_publisher(const BenchChild& child) {
  Nats nats(child);
  if (!nats.good) return ExitCode::failure;
  Workload workload(child);
  Pacer pacer(child.rate);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    const auto payload = paced_payload(workload, pacer, child, number);
    const auto status =
        js_PublishAsync(nats.js, nats_subject, payload.data(), static_cast<int>(payload.size()), nullptr);
    if (!nats_good(status, "publish")) return ExitCode::failure;
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = nats_limit_ms;
  if (!nats_good(js_PublishAsyncComplete(nats.js, &options), "complete") || nats.publish_failed) {
    return ExitCode::failure;
  }
  return print_published(child, start, cpu);
}

ExitCode nats_consumer(const BenchChild& child) {
  Nats nats(child);
  if (!nats.good) return ExitCode::failure;
  jsStreamConfig stream;
  jsStreamConfig_Init(&stream);
  const char* subjects[] = {nats_subject};
  stream.Name = "bench";
  stream.Subjects = subjects;
  stream.SubjectsLen = 1;
  stream.Storage = js_FileStorage;
  jsErrCode code = jsErrCode(0);
  if (const auto status = js_AddStream(nullptr, nats.js, &stream, nullptr, &code);
      !nats_good(status, "stream", code)) {
    return ExitCode::failure;
  }
  NatsReceived state(child);
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = "bench";
  options.ManualAck = true;
  options.Config.Durable = "bench";
  options.Config.AckPolicy = js_AckAll;
  options.Config.MaxAckPending = nats_in_flight;
  natsSubscription* subscription = nullptr;
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  const auto status = js_Subscribe(
      &subscription, nats.js, nats_subject,
      [](natsConnection*, natsSubscription*, natsMsg* message, void* taker) {
        static_cast<NatsReceived*>(taker)->take(message);
      },
      &state, nullptr, &options, &code);
  if (!nats_good(status, "subscribe", code)) return ExitCode::failure;
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  bool good = print_object({{"ready", true}});
  {
    std::unique_lock lock(state.mutex);
    good = good && state.changed.wait_for(lock, std::chrono::milliseconds(4 * nats_limit_ms),
                                          [&] { return state.done; });
  }
  good = good && state.acked && print_received(state.received, start, cpu) == ExitCode::ok;
  natsSubscription_Destroy(subscription);
  return good ? ExitCode::ok : ExitCode::failure;
}

}  // namespace zmesh
