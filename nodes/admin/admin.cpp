#include <nodes/admin/admin.hpp>

#include <nodes/admin/metrics.hpp>
#include <nodes/admin/state.hpp>
#include <nodes/gateway/answers.hpp>
#include <nodes/log/log.hpp>

namespace node {
namespace {

constexpr std::size_t questions_max = 32;

}  // namespace

Admin::Admin(std::unique_ptr<http::Server> server, View view)
    : view_(std::move(view)), server_(std::move(server)), thread_([this] { run(); }) {
  server_->serve([this](http::ExchangePtr exchange) { handle(std::move(exchange)); });
  log(mesh::Level::info, "admin.http", "health, metrics and state at http://" + address() + "/");
}

Admin::~Admin() {
  drain();
  thread_.join();
}

void Admin::drain() {
  server_->drain();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
}

void Admin::handle(http::ExchangePtr exchange) {
  const auto& request = exchange->request();
  if (request.method != "GET" && request.method != "HEAD")
    return exchange->reply(error_answer(405, "bad_request", "only GET is served here"));
  // Alive is who answers; nothing else is asked for it.
  if (request.path == std::vector<std::string>{"healthz"})
    return exchange->reply({200, "ok\n", "text/plain"});
  if (request.path == std::vector<std::string>{"readyz"}) {
    const auto why = view_.not_ready();
    return exchange->reply({why.empty() ? 200U : 503U, (why.empty() ? "ready" : why) + "\n", "text/plain"});
  }
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return exchange->reply(error_answer(503, "closed", "the node is ending"));
    if (waiting_.size() >= questions_max)
      return exchange->reply(error_answer(503, "flooded", "too many questions at once; try again later"));
    waiting_.push_back(std::move(exchange));
  }
  changed_.notify_all();
}

void Admin::run() {
  while (true) {
    http::ExchangePtr exchange;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
      if (ending_) {
        waiting_.clear();
        return;
      }
      exchange = std::move(waiting_.front());
      waiting_.pop_front();
    }
    exchange->reply(answer(exchange->request()));
  }
}

http::Response Admin::answer(const http::Request& request) const {
  if (request.path == std::vector<std::string>{"metrics"})
    return {200, metrics_text(view_), "text/plain; version=0.0.4; charset=utf-8"};
  if (request.path.size() == 3 && request.path[0] == "api" && request.path[1] == "v1") {
    auto text = state_text(view_, request);
    if (!text) return error_answer(text.error());
    return {200, std::move(*text)};
  }
  return error_answer(
      404, "not_found",
      "there are /healthz, /readyz, /metrics and /api/v1/{publishers,topics,groups,members,parked}");
}

}  // namespace node
