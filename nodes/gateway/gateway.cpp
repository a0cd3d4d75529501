#include <nodes/gateway/gateway.hpp>

#include <thread>

#include <nodes/gateway/answers.hpp>
#include <nodes/gateway/settle_request.hpp>
#include <nodes/log/log.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace node {
namespace {

using namespace std::chrono_literals;
using mesh::Errc;

/// How long the end waits for answers that are on their way.
constexpr mesh::Duration last_answers_time = 2s;

}  // namespace

mesh::Result<std::unique_ptr<Gateway>> Gateway::open(http::Loop& loop, GatewaySettings settings,
                                                     std::unique_ptr<http::Server> http,
                                                     std::unique_ptr<ZmqListener> zmq,
                                                     mesh::Publisher* publisher, Topics& topics) {
  std::unique_ptr<Gateway> gateway(
      new Gateway(loop, std::move(settings), std::move(http), std::move(zmq), publisher, topics));
  if (auto listening = gateway->listen(); !listening) return listening.error();
  return gateway;
}

Gateway::Gateway(http::Loop& loop, GatewaySettings settings, std::unique_ptr<http::Server> http,
                 std::unique_ptr<ZmqListener> zmq, mesh::Publisher* publisher, Topics& topics)
    : loop_(loop),
      settings_(std::move(settings)),
      publisher_(publisher),
      topics_(topics),
      server_(std::move(http)),
      zmq_(std::move(zmq)) {}

Gateway::~Gateway() {
  drain(0s);
}

mesh::Result<void> Gateway::listen() {
  if (publisher_ != nullptr) {
    commits_ = std::make_unique<CommitWatch>();
    publish_ =
        std::make_unique<PublishDesk>(*publisher_, *commits_, loop_, settings_, counters_.http, topics_);
  }
  if (zmq_) {
    zmq_->serve(*publisher_, *commits_, counters_.zmq, topics_);
    log(mesh::Level::info, "gateway.zmq", "publish over ZeroMQ at " + settings_.zmq);
  }
  if (!settings_.pipe.empty()) {
    auto pipe = PipeListener::open(settings_, *publisher_, counters_.pipe, topics_);
    if (!pipe) return pipe.error();
    pipe_ = std::move(*pipe);
    log(mesh::Level::info, "gateway.pipe", "publish by lines written to " + settings_.pipe);
  }
  if (server_) {
    finder_ = std::make_unique<GroupFinder>(settings_.from.empty() ? publisher_ : nullptr, settings_.from);
    server_->serve([this](http::ExchangePtr exchange) { handle(std::move(exchange)); });
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
  if (verb != "events" && verb != "stream")
    return exchange->reply(error_answer(404, "not_found", "there is no '" + verb + "' of a group"));
  if (request.method != "GET")
    return exchange->reply(error_answer(405, "bad_request", "events of a group are taken by GET"));
  auto wanted = read_group_request(request, settings_.in_flight_max);
  if (!wanted) return exchange->reply(error_answer(wanted.error()));
  if (wanted->create || is_open(wanted->group)) return take(exchange, *wanted);
  finder_->find(wanted->group, [this, exchange, wanted = *wanted](mesh::Result<bool> found) {
    loop_.post([this, exchange, wanted, found = std::move(found)] {
      if (!found) return exchange->reply(error_answer(found.error()));
      if (*found) return take(exchange, wanted);
      exchange->reply(error_answer(404, "unknown_group",
                                   "there is no group '" + wanted.group +
                                       "'; with create=true it is made, and owed every event from then on"));
    });
  });
}

bool Gateway::is_open(const std::string& group) const {
  const std::lock_guard lock(mutex_);
  return desks_.contains(group);
}

void Gateway::take(const http::ExchangePtr& exchange, const GroupRequest& wanted) {
  const auto desk = desk_of(wanted);
  if (!desk) return exchange->reply(error_answer(desk.error()));
  if (wanted.streams) return (*desk)->stream(exchange, wanted.count);
  (*desk)->poll(exchange, wanted.count, wanted.wait);
}

mesh::Result<std::shared_ptr<GroupDesk>> Gateway::desk_of(const GroupRequest& wanted) {
  const std::lock_guard lock(mutex_);
  if (draining_) return mesh::fail(Errc::closed, "the node is ending");
  if (const auto found = desks_.find(wanted.group); found != desks_.end()) {
    if (found->second->prefixes() == wanted.prefixes) return found->second;
    return mesh::fail(Errc::prefixes_mismatch, "others consume this group here with other prefixes");
  }
  if (desks_.size() >= settings_.groups_max)
    return mesh::fail(Errc::limit_reached,
                      std::to_string(desks_.size()) + " groups are consumed here already (groups_max)");
  auto publishers = settings_.from;
  if (publishers.empty()) publishers.push_back(publisher_->control_endpoint());
  const auto member = left_ == 0 ? settings_.member : settings_.member + "-" + std::to_string(left_);
  auto desk = GroupDesk::open(loop_, settings_, member, std::move(publishers), wanted.group, wanted.prefixes,
                              counters_);
  if (!desk) return desk.error();
  desks_[wanted.group] = *desk;
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
        ++left_;
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

void Gateway::close_groups(mesh::Duration timeout) {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
  }
  std::vector<std::thread> closing;
  for (const auto& desk : groups()) closing.emplace_back([desk, timeout] { desk->close(timeout); });
  for (auto& thread : closing) thread.join();
}

void Gateway::drain(mesh::Duration timeout) {
  close_groups(timeout);
  if (std::exchange(drained_, true)) return;
  zmq_.reset();
  pipe_.reset();
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
