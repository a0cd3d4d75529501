#include <mesh/io/consumer/watchdog.hpp>

#include <zmq.h>

#include <algorithm>
#include <cstring>

namespace mesh::io {

namespace {

constexpr int watched_events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED |
                               ZMQ_EVENT_MONITOR_STOPPED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string monitor_endpoint() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://zmesh-monitor-" + std::to_string(++count);
}

}  // namespace

void Revival::on_event(LinkEvent event, Duration now) {
  switch (event) {
    case LinkEvent::connected:
      backoff_ = Duration{0};
      due_.reset();
      return;
    case LinkEvent::retrying:
      due_.reset();
      return;
    case LinkEvent::refused:
    case LinkEvent::disconnected:
      if (!due_) due_ = now + std::max(grace, backoff_);
      return;
  }
}

bool Revival::due(Duration now) {
  if (!due_ || *due_ > now) return false;
  due_.reset();
  backoff_ = std::clamp(2 * backoff_, backoff_first, backoff_max);
  return true;
}

Watchdog::Watchdog(std::shared_ptr<Context> context, Report report)
    : context_(std::move(context)), report_(std::move(report)) {}

Result<void> Watchdog::start() {
  if (!waker_.is_open()) return fail(Errc::limit_reached, "the process is out of file descriptors");
  auto thread = Thread::start("zmesh-watch", [this] { run(); });
  if (!thread) return thread.error();
  thread_ = std::move(*thread);
  return {};
}

Result<void> Watchdog::watch(Socket& socket, Id id) {
  const auto endpoint = monitor_endpoint();
  auto monitor = Socket::open(context_, ZMQ_PAIR);
  if (!monitor) return monitor.error();
  if (auto set = monitor->set(ZMQ_RCVHWM, 0); !set) return set;
  if (auto on = socket.monitor(endpoint, watched_events); !on) return on;
  if (auto connected = monitor->connect(endpoint); !connected) return connected;
  added_.post(std::make_shared<Watched>(Watched{id, std::move(*monitor)}));
  return {};
}

void Watchdog::stop() {
  stopping_ = true;
  waker_.notify();
  thread_.join();
}

void Watchdog::run() {
  std::vector<std::shared_ptr<Watched>> watched;
  std::vector<std::shared_ptr<Watched>> added;
  std::vector<zmq_pollitem_t> items;
  while (!stopping_) {
    added_.drain(added);
    std::move(added.begin(), added.end(), std::back_inserter(watched));
    added.clear();
    std::erase_if(watched, [this](auto& one) { return !read(*one); });

    items.assign(1, {nullptr, waker_.fd(), ZMQ_POLLIN, 0});
    for (const auto& one : watched) items.push_back({one->monitor.handle(), 0, ZMQ_POLLIN, 0});
    waker_.arm();
    if (!stopping_ && !added_.waiting()) zmq_poll(items.data(), static_cast<int>(items.size()), -1);
    waker_.disarm();
  }
}

bool Watchdog::read(Watched& watched) {
  std::vector<Bytes> frames;
  for (;;) {
    const auto received = watched.monitor.receive(frames, 2);
    if (received == Received::nothing) return true;
    if (received != Received::message || frames.front().size() < sizeof(std::uint16_t)) continue;
    std::uint16_t event = 0;
    std::memcpy(&event, frames.front().data(), sizeof event);
    if (event == ZMQ_EVENT_MONITOR_STOPPED) return false;
    if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) report_(watched.id, LinkEvent::connected);
    if (event == ZMQ_EVENT_CONNECT_RETRIED) report_(watched.id, LinkEvent::retrying);
    if (event == ZMQ_EVENT_DISCONNECTED) report_(watched.id, LinkEvent::disconnected);
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL || event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
      report_(watched.id, LinkEvent::refused);
  }
}

}  // namespace mesh::io
