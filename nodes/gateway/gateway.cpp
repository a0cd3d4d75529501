#include <nodes/gateway/gateway.hpp>

#include <charconv>
#include <thread>

#include <journal/topic.hpp>
#include <nodes/gateway/answers.hpp>
#include <nodes/gateway/settle_request.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/text/json_text.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;
using mesh::Errc;

/// How long the end waits for answers that are on their way.
constexpr mesh::Duration last_answers_time = 2s;
constexpr mesh::Duration wait_max = 60s;
constexpr mesh::Duration wait_default = 20s;

mesh::Error bad_request(std::string text) {
  return mesh::fail(Errc::invalid_argument, std::move(text));
}

mesh::Result<std::size_t> count_of(const http::Request& request, std::size_t most) {
  const auto text = request.parameter("max");
  if (!text) return most;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || end != text->data() + text->size() || count == 0)
    return bad_request("max must be a number above 0");
  return std::min(count, most);
}

mesh::Result<mesh::Duration> wait_of(const http::Request& request) {
  const auto text = request.parameter("wait");
  if (!text) return wait_default;
  const auto wait = zmesh::parse_duration(*text, 1s);
  if (!wait || *wait < 0s) return bad_request("wait must be a duration, such as 20s");
  return std::min(*wait, wait_max);
}

mesh::Result<void> check_parameters(const http::Request& request) {
  for (const auto& [name, value] : request.query)
    if (name != "max" && name != "wait" && name != "prefix")
      return bad_request("parameter '" + name + "' is not known");
  return {};
}

}  // namespace

mesh::Result<std::unique_ptr<Gateway>> Gateway::open(http::Loop& loop, GatewaySettings settings,
                                                     mesh::Publisher* publisher, Topics& topics) {
  std::unique_ptr<Gateway> gateway(new Gateway(loop, std::move(settings), publisher, topics));
  if (auto listening = gateway->listen(); !listening) return listening.error();
  return gateway;
}

Gateway::Gateway(http::Loop& loop, GatewaySettings settings, mesh::Publisher* publisher, Topics& topics)
    : loop_(loop), settings_(std::move(settings)), publisher_(publisher), topics_(topics) {}

Gateway::~Gateway() {
  drain(0s);
}

mesh::Result<void> Gateway::listen() {
  if (publisher_ != nullptr) {
    commits_ = std::make_unique<CommitWatch>();
    publish_ =
        std::make_unique<PublishDesk>(*publisher_, *commits_, loop_, settings_, counters_.http, topics_);
  }
  if (!settings_.zmq.empty()) {
    auto zmq = ZmqListener::open(settings_, *publisher_, *commits_, counters_.zmq, topics_);
    if (!zmq) return zmq.error();
    zmq_ = std::move(*zmq);
    log(mesh::Level::info, "gateway.zmq", "publish over ZeroMQ at " + settings_.zmq);
  }
  if (!settings_.pipe.empty()) {
    auto pipe = PipeListener::open(settings_, *publisher_, counters_.pipe, topics_);
    if (!pipe) return pipe.error();
    pipe_ = std::move(*pipe);
    log(mesh::Level::info, "gateway.pipe", "publish by lines written to " + settings_.pipe);
  }
  if (settings_.http) {
    auto server = http::Server::open(loop_, *settings_.http,
                                     [this](http::ExchangePtr exchange) { handle(std::move(exchange)); });
    if (!server) return server.error();
    server_ = std::move(*server);
    log(mesh::Level::info, "gateway.http", "publish and consume at http://" + server_->address() + "/v1/");
  }
  return {};
}

void Gateway::handle(http::ExchangePtr exchange) {
  const auto& path = exchange->request().path;
  const bool v1 = path.size() >= 2 && path[0] == "v1";
  if (v1 && path[1] == "events" && path.size() <= 3) {
    if (exchange->request().method != "POST")
      return exchange->reply(error_answer(405, "bad_request", "events are published by POST"));
    if (publish_ == nullptr)
      return exchange->reply(
          error_answer(404, "not_found", "this node publishes nothing: [publisher] has no journal"));
    return publish_->publish(std::move(exchange));
  }
  if (v1 && path[1] == "groups" && path.size() == 4) return group(std::move(exchange));
  exchange->reply(
      error_answer(404, "not_found",
                   "there are POST /v1/events/TOPIC, GET /v1/groups/GROUP/events (or /stream), and "
                   "POST /v1/groups/GROUP/ack (or /retry, /park)"));
}

void Gateway::group(http::ExchangePtr exchange) {
  const auto& request = exchange->request();
  const auto& verb = request.path[3];
  if (verb == "ack" || verb == "retry" || verb == "park") {
    if (request.method != "POST")
      return exchange->reply(error_answer(405, "bad_request", verb + " is a POST"));
    return settle(exchange, verb);
  }
  const bool streams = verb == "stream" || request.header("accept") == "text/event-stream";
  if (verb != "events" && verb != "stream")
    return exchange->reply(error_answer(404, "not_found", "there is no '" + verb + "' of a group"));
  if (request.method != "GET")
    return exchange->reply(error_answer(405, "bad_request", "events of a group are taken by GET"));
  if (auto checked = check_parameters(request); !checked)
    return exchange->reply(error_answer(checked.error()));
  const auto count = count_of(request, settings_.in_flight_max);
  if (!count) return exchange->reply(error_answer(count.error()));
  const auto wait = wait_of(request);
  if (!wait) return exchange->reply(error_answer(wait.error()));
  const auto desk = desk_of(request);
  if (!desk) return exchange->reply(error_answer(desk.error()));
  if (streams) return (*desk)->stream(std::move(exchange), *count);
  (*desk)->poll(std::move(exchange), *count, *wait);
}

mesh::Result<std::shared_ptr<GroupDesk>> Gateway::desk_of(const http::Request& request) {
  const auto& name = request.path[2];
  if (!mesh::valid_name(name)) return bad_request("'" + name + "' is not a name for a group");
  std::vector<std::string> prefixes;
  for (const auto& [parameter, value] : request.query)
    if (parameter == "prefix" && !value.empty()) prefixes.push_back(value);
  for (const auto& prefix : prefixes)
    if (auto checked = mesh::check_prefix(prefix); !checked) return checked.error();
  std::sort(prefixes.begin(), prefixes.end());
  const std::lock_guard lock(mutex_);
  if (draining_) return mesh::fail(Errc::closed, "the node is ending");
  if (const auto found = desks_.find(name); found != desks_.end()) {
    if (found->second->prefixes() == prefixes) return found->second;
    return mesh::fail(Errc::prefixes_mismatch, "others consume this group here with other prefixes");
  }
  if (desks_.size() >= settings_.groups_max)
    return mesh::fail(Errc::limit_reached,
                      std::to_string(desks_.size()) + " groups are consumed here already (groups_max)");
  auto publishers = settings_.from;
  if (publishers.empty()) publishers.push_back(publisher_->control_endpoint());
  auto desk = GroupDesk::open(loop_, settings_, std::move(publishers), name, prefixes, counters_);
  if (!desk) return desk.error();
  desks_[name] = *desk;
  return desk;
}

void Gateway::settle(const http::ExchangePtr& exchange, std::string_view verb) {
  const auto wanted = read_settle(exchange->request(), verb);
  if (!wanted) return exchange->reply(error_answer(wanted.error()));
  std::shared_ptr<GroupDesk> desk;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = desks_.find(exchange->request().path[2]); found != desks_.end())
      desk = found->second;
  }
  std::string unknown;
  std::size_t settled = 0;
  for (const auto& delivery : wanted->deliveries) {
    if (desk != nullptr && desk->settle(delivery, wanted->outcome)) {
      ++settled;
      continue;
    }
    if (!unknown.empty()) unknown += ',';
    zmesh::append_string(unknown, delivery);
  }
  http::Response response;
  response.status = unknown.empty() ? 200 : 409;
  response.body = "{";
  if (!unknown.empty()) {
    append_error(response.body, "stale",
                 "not in hand any more: it was answered, or ack_wait is over, or the node has restarted");
    response.body += ",\"unknown\":[" + unknown + "],";
  }
  response.body += "\"settled\":" + std::to_string(settled) + "}\n";
  exchange->reply(std::move(response));
}

void Gateway::tick() {
  std::vector<std::shared_ptr<GroupDesk>> idle;
  {
    const std::lock_guard lock(mutex_);
    for (auto i = desks_.begin(); i != desks_.end();) {
      if (i->second->idle_for(settings_.group_idle_timeout)) {
        idle.push_back(i->second);
        i = desks_.erase(i);
      } else {
        ++i;
      }
    }
  }
  for (const auto& desk : idle) {
    desk->close(0s);
    log(mesh::Level::info, "gateway.idle",
        "group " + desk->group() + " is no longer asked for by HTTP: left");
  }
}

std::vector<std::shared_ptr<GroupDesk>> Gateway::groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<GroupDesk>> list;
  for (const auto& [name, desk] : desks_) list.push_back(desk);
  return list;
}

void Gateway::drain(mesh::Duration timeout) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(draining_, true)) return;
  }
  zmq_.reset();
  pipe_.reset();
  for (const auto& desk : groups()) desk->close(timeout);
  if (!server_) return;
  // Publishing went on until here, as its answers may be what others wait for; what has been asked is
  // answered.
  server_->drain();
  const auto deadline =
      std::chrono::steady_clock::now() + std::min<mesh::Duration>(timeout, last_answers_time);
  while (server_->stats().connections > 0 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(5ms);
}

}  // namespace node
