#include <hiredis/hiredis.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <tools/bench/compare/peer.hpp>
#include <tools/zmesh/bench/paced_payload.hpp>
#include <tools/zmesh/bench/usage.hpp>
#include <tools/zmesh/console.hpp>

namespace zmesh {
namespace {

using RedisReply = std::unique_ptr<redisReply, void (*)(void*)>;

/// Commands that are on their way before their replies are read.
constexpr std::uint64_t redis_pipeline = 2000;
/// Redis syncs once for all it has read of a client, which is 16 KiB at most; but a transaction it writes as
/// a whole.
constexpr std::uint64_t redis_transaction = 500;
constexpr const char* redis_read_count = "1000";

class Redis {
 public:
  explicit Redis(const std::string& place) : context_(nullptr, redisFree) {
    const auto [host, port] = host_and_port(place);
    context_.reset(redisConnect(host.c_str(), port));
  }

  bool good() const { return context_ != nullptr && context_->err == 0; }

  void append(std::initializer_list<std::string_view> words) {
    append(std::span(words.begin(), words.size()));
  }

  void append(std::span<const std::string_view> words) {
    pointers_.clear();
    sizes_.clear();
    for (const auto word : words) {
      pointers_.push_back(word.data());
      sizes_.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), pointers_.data(), sizes_.data());
    ++outstanding_;
  }

  std::uint64_t outstanding() const { return outstanding_; }

  /// Waits for the next reply; none: an error, which is complained of.
  RedisReply reply() {
    void* made = nullptr;
    if (redisGetReply(context_.get(), &made) != REDIS_OK) complain(std::string("Redis: ") + context_->errstr);
    return checked(made);
  }

  /// Sends what is appended, and takes the replies there are without waiting for any. False: an error.
  bool pump() {
    for (int sent = 0; sent == 0;) {
      if (redisBufferWrite(context_.get(), &sent) != REDIS_OK) return false;
    }
    pollfd entry{context_->fd, POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0) return true;
    if (redisBufferRead(context_.get()) != REDIS_OK) return false;
    while (true) {
      void* made = nullptr;
      if (redisGetReplyFromReader(context_.get(), &made) != REDIS_OK) return false;
      if (made == nullptr) return true;
      if (!checked(made)) return false;
    }
  }

 private:
  RedisReply checked(void* made) {
    RedisReply reply(static_cast<redisReply*>(made), freeReplyObject);
    if (reply == nullptr) return reply;
    --outstanding_;
    const auto* error = reply->type == REDIS_REPLY_ERROR ? reply.get() : nullptr;
    for (std::size_t index = 0; reply->type == REDIS_REPLY_ARRAY && index < reply->elements; ++index) {
      if (reply->element[index]->type == REDIS_REPLY_ERROR) error = reply->element[index];  // of EXEC
    }
    if (error != nullptr) {
      complain("Redis: " + std::string(error->str, error->len));
      reply.reset();
    }
    return reply;
  }

  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
  std::uint64_t outstanding_ = 0;
  std::vector<const char*> pointers_;
  std::vector<std::size_t> sizes_;
};

std::string_view text_of(const redisReply* reply) {
  return {reply->str, reply->len};
}

/// Takes every event of an XREADGROUP's reply; their ids go to `acks`, which views the reply.
void take_events(const redisReply* reply, Received& received, std::vector<std::string_view>& acks) {
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) return;
  const auto* entries = reply->element[0]->element[1];  // of the one stream: [name, entries]
  for (std::size_t index = 0; index < entries->elements; ++index) {
    const auto* entry = entries->element[index];  // [id, [field, value]]
    const auto* payload = entry->element[1]->element[1];
    received.add(std::as_bytes(std::span(payload->str, payload->len)));
    acks.push_back(text_of(entry->element[0]));
  }
}

}  // namespace

ExitCode redis_publisher(const BenchChild& child) {
  Redis redis(child.place);
  if (!redis.good()) return ExitCode::failure;
  Workload workload(child);
  Pacer pacer(child.rate);
  const bool transactions = child.durability == "disk" && child.rate == 0;
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  for (std::uint64_t number = 0; number < child.events; ++number) {
    const auto payload = paced_payload(workload, pacer, child, number);
    if (transactions && number % redis_transaction == 0) redis.append({"MULTI"});
    redis.append(
        {"XADD", "bench", "*", "p", {reinterpret_cast<const char*>(payload.data()), payload.size()}});
    const bool last = (number + 1) % redis_transaction == 0 || number + 1 == child.events;
    if (transactions && last) redis.append({"EXEC"});
    if (child.rate > 0) {
      if (!redis.pump()) return ExitCode::failure;
    } else if (redis.outstanding() >= redis_pipeline) {
      while (redis.outstanding() > redis_pipeline / 2) {
        if (!redis.reply()) return ExitCode::failure;
      }
    }
  }
  while (redis.outstanding() > 0) {
    if (!redis.reply()) return ExitCode::failure;
  }
  return print_published(child, start, cpu);
}

ExitCode redis_consumer(const BenchChild& child) {
  Redis redis(child.place);
  if (!redis.good()) return ExitCode::failure;
  redis.append({"XGROUP", "CREATE", "bench", "bench", "$", "MKSTREAM"});
  if (!redis.reply() || !print_object({{"ready", true}})) return ExitCode::failure;
  Received received(child);
  const auto cpu = cpu_seconds();
  const auto start = monotonic_ns();
  const auto read = [&] {
    redis.append({"XREADGROUP", "GROUP", "bench", "one", "COUNT", redis_read_count, "BLOCK", "30000",
                  "STREAMS", "bench", ">"});
  };
  read();
  while (received.events() < child.events) {
    const auto events = redis.reply();
    if (!events) return ExitCode::failure;
    if (events->type == REDIS_REPLY_NIL) {
      complain("no event came within 30 s");
      return ExitCode::failure;
    }
    std::vector<std::string_view> acks = {"XACK", "bench", "bench"};
    take_events(events.get(), received, acks);
    redis.append(acks);
    // The next ones are asked for in the same write.
    if (received.events() < child.events) read();
    if (!redis.reply()) return ExitCode::failure;
  }
  return print_received(received, start, cpu);
}

}  // namespace zmesh
