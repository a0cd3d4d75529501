#include <nodes/deliver/deliver.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <nodes/deliver/webhook.hpp>
#include <nodes/deliver/worker.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/process/child.hpp>
#include <tools/zmesh/text/event_line.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// The exit status of sysexits.h's EX_DATAERR: the event itself is bad.
constexpr int status_park = 65;
/// After this the mesh has noticed by itself that ack_wait is over.
constexpr mesh::Duration command_grace = 300ms;
/// The same for a consumer whose time to close is over.
constexpr mesh::Duration farewell_time = 300ms;
/// Between two tries to reach a webhook.
constexpr mesh::Duration unreachable_pause_least = 100ms;
constexpr mesh::Duration unreachable_pause_most = 10s;

std::vector<std::string> environment_of(const mesh::Event& event, const std::string& group) {
  std::vector<std::string> variables = {
      "ZMESH_ORIGIN=" + event.origin().hex(),
      "ZMESH_NAME=" + event.publisher_name(),
      "ZMESH_GROUP=" + group,
      "ZMESH_SEQ=" + std::to_string(event.seq()),
      "ZMESH_TOPIC=" + std::string(event.topic()),
      "ZMESH_ATTEMPT=" + std::to_string(event.attempt()),
  };
  // A key may hold a NUL, which no variable can.
  if (event.key() && event.key()->find('\0') == std::string_view::npos)
    variables.push_back("ZMESH_KEY=" + std::string(*event.key()));
  return variables;
}

class Deliver final : public Role {
 public:
  explicit Deliver(const DeliverSettings& settings)
      : settings_(settings),
        hook_(std::make_shared<WebhookSettings>(
            WebhookSettings{settings.webhook, settings.secret, settings.timeout})) {
    if (!settings_.webhook.empty()) webhook_.emplace("zmeshd/" ZMESH_VERSION);
    if (settings_.worker.empty()) return;
    for (unsigned i = 0; i < settings_.source.concurrency; ++i) {
      workers_.push_back(std::make_unique<Worker>(settings_.worker, children_));
      free_.push_back(workers_.back().get());
    }
  }

  ~Deliver() override { close(0s); }

  mesh::Result<void> open(const mesh::Publisher* publisher) {
    auto consumer = open_member("deliver", settings_.source, publisher,
                                [this](const mesh::Event& event) { return handle(event); });
    if (!consumer) return consumer.error();
    consumer_.emplace(std::move(*consumer));
    return {};
  }

  RoleStatus status() const override {
    RoleStatus status{"deliver", settings_.source.group, consumer_->member(), consumer_->stats(), {}};
    if (webhook_) status.counts.emplace_back("unreachable", unreachable_);
    if (workers_.empty()) return status;
    std::uint64_t starts = 0;
    for (const auto& worker : workers_) starts += worker->starts();
    status.counts.emplace_back("worker_starts", starts);
    return status;
  }

  bool reload(const Settings& settings) override {
    if (!webhook_) return true;
    const auto found =
        std::find_if(settings.delivers.begin(), settings.delivers.end(), [this](const auto& deliver) {
          return !deliver.webhook.empty() && same_source(deliver.source, settings_.source);
        });
    if (found == settings.delivers.end()) return false;
    auto wanted =
        std::make_shared<WebhookSettings>(WebhookSettings{found->webhook, found->secret, settings_.timeout});
    const std::lock_guard lock(mutex_);
    hook_ = std::move(wanted);
    return true;
  }

  void close(mesh::Duration timeout) override {
    const auto end = Clock::now() + timeout;
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    closing_.notify_all();
    if (consumer_) close_consumer(timeout);
    for (const auto& worker : workers_) worker->ask_to_end();
    const auto workers_end = Clock::now() + std::clamp<mesh::Duration>(end - Clock::now(), 200ms, 2s);
    for (const auto& worker : workers_) worker->end(std::max<mesh::Duration>(workers_end - Clock::now(), 0s));
  }

 private:
  /// Closing waits for handlers, and a handler for its command. So what still runs when the time is over is
  /// ended, but only after the consumer has given up on it: the event comes again, and is not charged.
  void close_consumer(mesh::Duration timeout) {
    bool closed = false;
    std::thread cutter([&] {
      std::unique_lock lock(mutex_);
      if (!closing_.wait_for(lock, timeout + farewell_time, [&] { return closed; })) cut_off();
    });
    (void)consumer_->close(timeout);
    {
      const std::lock_guard lock(mutex_);
      closed = true;
    }
    closing_.notify_all();
    cutter.join();
  }

  void cut_off() {
    for (const auto& worker : workers_) worker->give_up();
    if (webhook_) webhook_->abort();
    children_.kill();
  }

  mesh::Outcome handle(const mesh::Event& event) {
    std::string line;
    zmesh::append_event_json(line, event.view(),
                             {event.origin().hex(), event.publisher_name(), event.attempt(),
                              event.redelivered(), event.redrives()});
    if (webhook_) return post(event, line);
    line += '\n';
    return settings_.worker.empty() ? execute(event, line) : ask(event, line);
  }

  /// While nobody is there its handler holds the event: the publishers' journals are the buffer.
  mesh::Outcome post(const mesh::Event& event, const std::string& line) {
    const auto moment = settings_.source.retry.ack_wait / 3;
    for (auto pause = unreachable_pause_least;; pause = std::min(pause * 2, unreachable_pause_most)) {
      auto outcome = webhook_->post(*hook(), event, line);
      if (outcome) {
        if (is_unreachable_.exchange(false))
          log(mesh::Level::info, "deliver.reached",
              "group " + settings_.source.group + ": the webhook is there again");
        return std::move(*outcome);
      }
      ++unreachable_;
      if (!is_unreachable_.exchange(true))
        log(mesh::Level::error, "deliver.unreachable",
            "group " + settings_.source.group + ": " + outcome.error().text + "; trying on");
      for (const auto due = Clock::now() + pause; Clock::now() < due;) {
        event.extend();
        std::unique_lock lock(mutex_);
        if (closing_.wait_until(lock, std::min(due, Clock::now() + moment), [&] { return ending_; }))
          return mesh::put_back();
      }
      event.extend();
    }
  }

  std::shared_ptr<const WebhookSettings> hook() {
    const std::lock_guard lock(mutex_);
    return hook_;
  }

  mesh::Outcome execute(const mesh::Event& event, const std::string& line) {
    const auto result = zmesh::run_child(settings_.exec, line, environment_of(event, settings_.source.group),
                                         settings_.source.retry.ack_wait + command_grace, &children_);
    if (!result) return mesh::retry(result.error().text);
    if (result->timed_out) return mesh::retry("the command ran past ack_wait and was killed");
    if (result->status == 0) return mesh::ack();
    auto reason =
        result->error_text.empty() ? "exit status " + std::to_string(result->status) : result->error_text;
    return result->status == status_park ? mesh::park(std::move(reason)) : mesh::retry(std::move(reason));
  }

  /// There are as many workers as handlers, so one is always free.
  mesh::Outcome ask(const mesh::Event& event, const std::string& line) {
    Worker* worker = nullptr;
    {
      const std::lock_guard lock(mutex_);
      worker = free_.back();
      free_.pop_back();
    }
    auto outcome = worker->ask({event.origin().hex(), event.seq()}, line,
                               settings_.source.retry.ack_wait + command_grace);
    const std::lock_guard lock(mutex_);
    free_.push_back(worker);
    return outcome;
  }

  const DeliverSettings settings_;
  std::mutex mutex_;
  std::condition_variable closing_;
  bool ending_ = false;
  std::shared_ptr<const WebhookSettings> hook_;
  std::optional<Webhook> webhook_;
  std::atomic<bool> is_unreachable_{false};
  std::atomic<std::uint64_t> unreachable_{0};
  zmesh::Children children_;  ///< this role's commands and workers
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> free_;
  std::optional<mesh::Consumer> consumer_;
};

}  // namespace

mesh::Result<std::unique_ptr<Role>> open_deliver(const DeliverSettings& settings,
                                                 const mesh::Publisher* publisher) {
  auto deliver = std::make_unique<Deliver>(settings);
  if (auto opened = deliver->open(publisher); !opened) return opened.error();
  return std::unique_ptr<Role>(std::move(deliver));
}

}  // namespace node
