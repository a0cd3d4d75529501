#include <nodes/node/node.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <nodes/archive/archive.hpp>
#include <nodes/deliver/deliver.hpp>
#include <nodes/log/log.hpp>
#include <nodes/node/journal_trouble.hpp>
#include <nodes/relay/relay.hpp>

namespace node {
namespace {

/// However long handlers took: what has been taken to be published still gets so long to be committed.
constexpr mesh::Duration last_steps_time = std::chrono::seconds(1);

}  // namespace

mesh::Result<std::unique_ptr<Node>> Node::open(Settings settings) {
  std::unique_ptr<Node> node(new Node(std::move(settings)));
  if (auto started = node->start(); !started) return started.error();
  return node;
}

Node::~Node() {
  drain();
}

mesh::Result<void> Node::start() {
  // Before a journal is made for a node that cannot be reached, or cannot write what it shall.
  for (const auto& archive : settings_.archives)
    if (auto checked = check_archive_directory(archive.directory); !checked) return checked;
  if (auto checked = PipeListener::check(settings_.gateway.pipe); !checked) return checked;
  std::unique_ptr<http::Server> gateway_http, admin_http;
  std::unique_ptr<ZmqListener> gateway_zmq;
  if (settings_.gateway.http) {
    auto server = http::Server::open(*loop_, *settings_.gateway.http);
    if (!server) return server.error();
    gateway_http = std::move(*server);
  }
  if (!settings_.gateway.zmq.empty()) {
    auto listener = ZmqListener::open(settings_.gateway);
    if (!listener) return listener.error();
    gateway_zmq = std::move(*listener);
  }
  if (settings_.admin) {
    auto server = http::Server::open(*loop_, *settings_.admin);
    if (!server) return server.error();
    admin_http = std::move(*server);
  }
  if (!settings_.relays.empty()) {
    std::size_t remember = 0;
    for (const auto& relay : settings_.relays) remember = std::max(remember, relay.remember);
    const auto before = relayed_before(settings_.publisher->journal, remember);
    if (!before) return before.error();
    relayed_.emplace(remember);
    relayed_->remember(*before);
  }
  if (settings_.publisher) {
    auto options = *settings_.publisher;
    options.log = notices_of("publisher");
    auto publisher = mesh::Publisher::open(std::move(options));
    if (!publisher) return publisher.error();
    publisher_.emplace(std::move(*publisher));
    log(mesh::Level::info, "publisher.open",
        "journal " + settings_.publisher->journal + ", control " + publisher_->control_endpoint() +
            ", events " + publisher_->events_endpoint());
    const auto& identity = publisher_->identity();
    registration_.emplace(zmesh::RegistryEntry{
        identity.name, identity.origin.hex(), publisher_->control_endpoint(), publisher_->events_endpoint(),
        std::filesystem::absolute(settings_.publisher->journal).string(), ::getpid()});
  }
  const auto& wanted = settings_.gateway;
  if (wanted.http || !wanted.zmq.empty() || !wanted.pipe.empty()) {
    auto gateway = Gateway::open(*loop_, wanted, std::move(gateway_http), std::move(gateway_zmq),
                                 publisher_ ? &*publisher_ : nullptr, topics_);
    if (!gateway) return gateway.error();
    gateway_ = std::move(*gateway);
  }
  auto* publisher = publisher_ ? &*publisher_ : nullptr;
  for (const auto& relay : settings_.relays)
    if (auto added = add(open_relay(relay, *publisher, *relayed_, topics_)); !added) return added;
  for (const auto& deliver : settings_.delivers)
    if (auto added = add(open_deliver(deliver, publisher)); !added) return added;
  for (const auto& archive : settings_.archives)
    if (auto added = add(open_archive(archive, publisher)); !added) return added;
  if (admin_http) admin_ = std::make_unique<Admin>(std::move(admin_http), view());
  ready_ = true;
  return {};
}

mesh::Result<void> Node::add(mesh::Result<std::unique_ptr<Role>> role) {
  if (!role) return role.error();
  const std::lock_guard lock(mutex_);
  roles_.push_back(std::move(*role));
  return {};
}

View Node::view() {
  View view;
  view.name = settings_.name;
  view.publisher = publisher_ ? &*publisher_ : nullptr;
  view.gateway = gateway_.get();
  view.topics = &topics_;
  const auto add = [&](const std::vector<std::string>& endpoints) {
    for (const auto& endpoint : endpoints)
      if (std::find(view.upstreams.begin(), view.upstreams.end(), endpoint) == view.upstreams.end())
        view.upstreams.push_back(endpoint);
  };
  add(settings_.gateway.from);
  for (const auto& relay : settings_.relays) add(relay.source.from);
  for (const auto& deliver : settings_.delivers) add(deliver.source.from);
  for (const auto& archive : settings_.archives) add(archive.source.from);
  view.roles = [this] { return roles(); };
  view.not_ready = [this] { return not_ready(); };
  return view;
}

std::vector<RoleStatus> Node::roles() const {
  std::vector<RoleStatus> list;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& role : roles_) list.push_back(role->status());
  }
  if (gateway_)
    for (const auto& desk : gateway_->groups())
      list.push_back({"gateway", desk->group(), desk->member(), desk->stats(), {}});
  return list;
}

std::string Node::not_ready() const {
  if (!ready_) return "starting or ending";
  if (publisher_)
    if (auto trouble = journal_trouble(publisher_->stats(), settings_.publisher->journal); !trouble.empty())
      return trouble;
  for (const auto& role : roles())
    for (const auto& link : role.stats.links)
      if (!link.origin && role.role != "gateway")
        return role.role + " of group " + role.group + " has not been attached to " + link.endpoint + " yet";
  return {};
}

void Node::tick() {
  if (gateway_) gateway_->tick();
  loop_->post([this] { alive_ = true; });
}

bool Node::alive() {
  return alive_.exchange(false);
}

void Node::reload(const Settings& settings) {
  const std::lock_guard lock(mutex_);
  for (const auto& role : roles_) {
    if (role->reload(settings)) continue;
    const auto status = role->status();
    log(mesh::Level::warning, "node.reload",
        status.role + " of group " + status.group +
            " goes on as it is: the file has none for this group and these publishers any more; a restart "
            "ends it");
  }
}

void Node::drain() {
  ready_ = false;
  const auto deadline = std::chrono::steady_clock::now() + settings_.drain_timeout;
  const auto left = [&] {
    return std::max<mesh::Duration>(deadline - std::chrono::steady_clock::now(), last_steps_time);
  };
  // Who takes events ends before what they are written to; all of them at once, as they have one deadline.
  std::vector<std::thread> closing;
  for (const auto& role : roles_) closing.emplace_back([&] { role->close(settings_.drain_timeout); });
  if (gateway_) closing.emplace_back([&] { gateway_->close_groups(settings_.drain_timeout); });
  for (auto& thread : closing) thread.join();
  if (gateway_) gateway_->drain(left());
  if (admin_) admin_->drain();
  {
    const std::lock_guard lock(mutex_);
    roles_.clear();
  }
  registration_.reset();
  if (publisher_)
    if (const auto closed = publisher_->close(left()); !closed)
      log(mesh::Level::error, "publisher.close", closed.error().describe());
  loop_->stop();
  admin_.reset();
  gateway_.reset();
  publisher_.reset();
}

}  // namespace node
