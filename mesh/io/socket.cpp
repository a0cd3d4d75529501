#include <mesh/io/socket.hpp>

#include <zmq.h>

#include <array>
#include <utility>

#include <mesh/io/frames.hpp>

namespace mesh::io {

namespace {

Error zmq_failure(std::string_view what, const std::string& subject) {
  const int code = zmq_errno();
  Errc errc = Errc::endpoint_invalid;
  if (code == EADDRINUSE) errc = Errc::endpoint_in_use;
  if (code == EMFILE || code == ENFILE || code == ENOMEM) errc = Errc::limit_reached;
  return fail(errc, std::string(what) + " '" + subject + "': " + zmq_strerror(code));
}

/// zmq_msg_recv and zmq_msg_send with signals retried. -1 with errno otherwise.
int receive_frame(zmq_msg_t& message, void* socket) {
  for (;;) {
    const int size = zmq_msg_recv(&message, socket, ZMQ_DONTWAIT);
    if (size >= 0 || zmq_errno() != EINTR) return size;
  }
}

int send_frame(zmq_msg_t& message, void* socket, int flags) {
  for (;;) {
    const int size = zmq_msg_send(&message, socket, flags);
    if (size >= 0 || zmq_errno() != EINTR) return size;
  }
}

}  // namespace

Socket::Socket(Socket&& other) noexcept
    : context_(std::move(other.context_)), handle_(std::exchange(other.handle_, nullptr)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this == &other) return *this;
  close();
  handle_ = std::exchange(other.handle_, nullptr);
  context_ = std::move(other.context_);
  return *this;
}

Result<Socket> Socket::open(std::shared_ptr<Context> context, int type) {
  Socket socket;
  socket.handle_ = zmq_socket(context->handle(), type);
  if (socket.handle_ == nullptr)
    return fail(Errc::limit_reached, std::string("cannot make a socket: ") + zmq_strerror(zmq_errno()));
  socket.context_ = std::move(context);
  if (auto set = socket.set(ZMQ_LINGER, 0); !set) return set.error();
  return socket;
}

void Socket::close() {
  if (handle_ != nullptr) zmq_close(std::exchange(handle_, nullptr));
  context_.reset();
}

Result<void> Socket::set(int option, int value) {
  if (zmq_setsockopt(handle_, option, &value, sizeof value) == 0) return {};
  return invalid("socket option " + std::to_string(option) + ": " + zmq_strerror(zmq_errno()));
}

Result<void> Socket::set(int option, std::int64_t value) {
  if (zmq_setsockopt(handle_, option, &value, sizeof value) == 0) return {};
  return invalid("socket option " + std::to_string(option) + ": " + zmq_strerror(zmq_errno()));
}

Result<void> Socket::set(int option, std::string_view value) {
  if (zmq_setsockopt(handle_, option, value.data(), value.size()) == 0) return {};
  return invalid("socket option " + std::to_string(option) + ": " + zmq_strerror(zmq_errno()));
}

int Socket::get_int(int option) const {
  int value = 0;
  std::size_t size = sizeof value;
  while (zmq_getsockopt(handle_, option, &value, &size) != 0 && zmq_errno() == EINTR) {
  }
  return value;
}

Result<void> Socket::bind(const std::string& endpoint) {
  if (zmq_bind(handle_, endpoint.c_str()) == 0) return {};
  return zmq_failure("cannot listen on", endpoint);
}

Result<void> Socket::connect(const std::string& endpoint) {
  if (zmq_connect(handle_, endpoint.c_str()) == 0) return {};
  return zmq_failure("cannot connect to", endpoint);
}

void Socket::disconnect(const std::string& endpoint) {
  zmq_disconnect(handle_, endpoint.c_str());
}

std::string Socket::last_endpoint() const {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0 || size == 0) return {};
  return std::string(text.data(), size - 1);
}

Sent Socket::send(std::span<const Bytes> frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    zmq_msg_t message;
    if (!make_message(message, frames[i])) return Sent::failed;
    const int more = i + 1 < frames.size() ? ZMQ_SNDMORE : 0;
    if (send_frame(message, handle_, ZMQ_DONTWAIT | more) >= 0) continue;
    const int code = zmq_errno();
    zmq_msg_close(&message);
    // Only a first frame can be refused: once it is taken, libzmq takes or drops the rest with it.
    if (code == EAGAIN) return Sent::would_block;
    return code == EHOSTUNREACH ? Sent::unroutable : Sent::failed;
  }
  return Sent::ok;
}

Received Socket::receive(std::vector<Bytes>& frames, std::size_t frames_max) {
  frames.clear();
  bool oversized = false;
  for (;;) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (receive_frame(message, handle_) < 0) {
      zmq_msg_close(&message);
      return Received::nothing;
    }
    const bool more = zmq_msg_more(&message) != 0;
    if (frames.size() < frames_max)
      frames.push_back(take_message(message));
    else
      oversized = true;
    zmq_msg_close(&message);
    if (!more) break;
  }
  if (!oversized) return Received::message;
  frames.clear();
  return Received::unusable;
}

void Socket::wait_readable(std::chrono::milliseconds timeout) const {
  zmq_pollitem_t item{handle_, 0, ZMQ_POLLIN, 0};
  zmq_poll(&item, 1, static_cast<long>(timeout.count()));
}

Result<void> Socket::monitor(const std::string& endpoint, int events) {
  if (zmq_socket_monitor(handle_, endpoint.c_str(), events) == 0) return {};
  return zmq_failure("cannot monitor at", endpoint);
}

}  // namespace mesh::io
