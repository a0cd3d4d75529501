#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <nodes/http/session.hpp>
#include <nodes/http/target.hpp>

namespace node::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: "
    "close\r\n"
    "Content-Length: 85\r\n\r\n"
    "{\"error\":{\"code\":\"flooded\",\"text\":\"there are too many connections; try again later\"}}";

bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

}  // namespace

std::string_view host_of(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  text = text.substr(0, text.find('/'));
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  }
  return text.substr(0, text.find(':'));
}

bool Server::State::accepted_host(std::string_view host) const {
  if (host.empty()) return false;
  if (same_name(host, "localhost") || host == "127.0.0.1" || host == "::1" || host == settings.listen.address)
    return true;
  return std::any_of(settings.hosts.begin(), settings.hosts.end(),
                     [&](const auto& name) { return same_name(name, host); });
}

void Server::State::accept() {
  acceptor.async_accept([self = shared_from_this()](const Error& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !self->acceptor.is_open()) return;
    if (error) {  // out of descriptors: what is there goes on
      self->loop.after(std::chrono::milliseconds(100), [self] { self->accept(); });
      return;
    }
    ++self->stats.accepted;
    if (self->sessions.size() >= self->settings.connections_max) {
      ++self->stats.refused_connections;
      Error ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(too_many.data(), too_many.size()), ignored);
    } else {
      std::make_shared<Session>(self, std::move(socket))->read_next();
    }
    self->accept();
  });
}

mesh::Result<std::unique_ptr<Server>> Server::open(Loop& loop, const HttpSettings& settings) {
  auto state = std::make_shared<State>(loop, settings);
  const auto wanted = settings.listen.address + ":" + std::to_string(settings.listen.port);
  Error error;
  const tcp::endpoint endpoint(asio::ip::make_address(settings.listen.address, error), settings.listen.port);
  auto& acceptor = state->acceptor;
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error)
    return mesh::fail(mesh::Errc::endpoint_in_use, "cannot listen on " + wanted + ": " + error.message());
  const auto bound = acceptor.local_endpoint(error);
  const auto address = bound.address().to_string();
  state->address =
      (bound.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(bound.port());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  drain();
}

void Server::serve(Handler handler) {
  state_->loop.post([state = state_, handler = std::move(handler)]() mutable {
    state->handler = std::move(handler);
    if (state->acceptor.is_open()) state->accept();
  });
}

const std::string& Server::address() const {
  return state_->address;
}

const ServerStats& Server::stats() const {
  return state_->stats;
}

void Server::drain() {
  state_->loop.post([state = state_] {
    state->draining = true;
    Error ignored;
    state->acceptor.close(ignored);
    // Closing one may end it, and so take it out of the set.
    const std::vector<Session*> sessions(state->sessions.begin(), state->sessions.end());
    for (auto* session : sessions) session->close_if_idle();
  });
}

}  // namespace node::http
