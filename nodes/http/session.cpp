#include <sys/socket.h>

#include <cerrno>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <nodes/http/session.hpp>
#include <nodes/http/target.hpp>
#include <tools/zmesh/text/json_text.hpp>

namespace node::http {
namespace {

namespace beast = boost::beast;
namespace asio = boost::asio;
using namespace std::chrono_literals;
using Error = boost::system::error_code;

constexpr std::uint32_t header_size_max = 16 * 1024;
constexpr auto write_timeout = 30s;
/// How long the rest of a refused request is still read, so that its client gets to see the answer.
constexpr auto discard_time = 2s;

/// The request that is being answered. Its Session goes on once it has been.
class Turn final : public Exchange {
 public:
  Turn(std::shared_ptr<Session> session, Request request)
      : session_(std::move(session)), request_(std::move(request)) {}

  ~Turn() override {
    if (!answered_.exchange(true))
      send({500, R"({"error":{"code":"internal","text":"the request was dropped"}})"}, {});
    // The last who knows a session ends it, which belongs to the loop.
    auto& loop = session_->loop();
    loop.post([session = std::move(session_)] {});
  }

  Request& request() override { return request_; }

  void reply(Response response, Written written) override {
    if (!answered_.exchange(true)) send(std::move(response), std::move(written));
  }

  void begin_stream(std::string_view type) override {
    if (!answered_.exchange(true)) session_->begin_stream(type);
  }

  void stream(std::string piece, Written written) override {
    session_->stream(std::move(piece), std::move(written));
  }

  void end_stream() override { session_->end(); }

  void watch(std::function<void()> gone) override { session_->watch(std::move(gone)); }

 private:
  void send(Response response, Written written) {
    session_->loop().post(
        [session = session_, response = std::move(response), written = std::move(written)]() mutable {
          session->reply(std::move(response), std::move(written));
        });
  }

  std::shared_ptr<Session> session_;
  Request request_;
  std::atomic<bool> answered_{false};
};

std::string error_body(std::string_view code, std::string_view text) {
  std::string body = "{\"error\":{\"code\":";
  zmesh::append_string(body, code);
  body += ",\"text\":";
  zmesh::append_string(body, text);
  return body + "}}\n";
}

}  // namespace

Session::Session(std::shared_ptr<Server::State> server, asio::ip::tcp::socket socket)
    : server_(std::move(server)), stream_(std::move(socket)) {
  server_->sessions.insert(this);
  server_->stats.connections = server_->sessions.size();
  Error ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

Session::~Session() {
  release();
  server_->sessions.erase(this);
  server_->stats.connections = server_->sessions.size();
}

void Session::read_next() {
  busy_ = false;
  gone_ = nullptr;
  parser_.reset();
  if (server_->draining) return end();
  if (buffer_.size() > 0) return read_header();
  // The beginning of a request may take long, the rest of it not.
  stream_.expires_after(server_->settings.idle_timeout);
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](const Error& error, std::size_t size) {
                            if (error) return self->end();
                            self->buffer_.commit(size);
                            self->read_header();
                          });
}

void Session::read_header() {
  busy_ = true;
  parser_.emplace();
  parser_->header_limit(header_size_max);
  parser_->body_limit(server_->settings.body_size_max);
  stream_.expires_after(server_->settings.read_timeout);
  beast::http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const Error& error, std::size_t) { self->on_header(error); });
}

void Session::on_header(const Error& error) {
  using Failed = beast::http::error;
  if (error == Failed::body_limit)
    return refuse(413, "too_large",
                  "the body is larger than " + std::to_string(server_->settings.body_size_max) + " bytes");
  if (error == Failed::header_limit) return refuse(431, "too_large", "the header is larger than 16 KiB");
  if (error.category() == beast::http::make_error_code(Failed::bad_method).category() &&
      error != Failed::end_of_stream && error != Failed::partial_message)
    return refuse(400, "bad_request", error.message());
  if (error) return end();
  if (const auto wrong = wrong_host(); !wrong.empty()) return refuse(403, "forbidden", wrong);
  const auto length = parser_->content_length();
  const auto wanted = length               ? static_cast<std::size_t>(*length)
                      : parser_->chunked() ? server_->settings.body_size_max
                                           : 0;
  auto& held = server_->stats.body_bytes;
  if (held + wanted > server_->settings.memory_max)
    return refuse(429, "flooded",
                  "the requests being worked on fill the memory allowed for them; try again later");
  held += wanted;
  reserved_ = wanted;
  stream_.expires_after(server_->settings.read_timeout);
  if (beast::iequals(parser_->get()[beast::http::field::expect], "100-continue")) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()),
                      [self = shared_from_this()](const Error& failed, std::size_t) {
                        if (failed) return self->end();
                        self->read_body();
                      });
    return;
  }
  read_body();
}

void Session::read_body() {
  beast::http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const Error& error, std::size_t) { self->on_body(error); });
}

void Session::on_body(const Error& error) {
  if (error == beast::http::error::body_limit)
    return refuse(413, "too_large",
                  "the body is larger than " + std::to_string(server_->settings.body_size_max) + " bytes");
  if (error == beast::error::timeout) return end();
  if (error) return end();
  stream_.expires_never();
  auto message = parser_->release();
  Request request;
  request.method = std::string(message.method_string());
  keep_ = message.keep_alive();
  head_ = message.method() == beast::http::verb::head;
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  if (!parse_target({message.target().data(), message.target().size()}, request))
    return refuse(400, "bad_request", "the target is not a path");
  request.body = std::move(message.body());
  ++server_->stats.requests;
  server_->handler(std::make_shared<Turn>(shared_from_this(), std::move(request)));
}

std::string Session::wrong_host() const {
  const auto& message = parser_->get();
  const auto text = [&](beast::http::field field) {
    const auto value = message[field];
    return std::string_view(value.data(), value.size());
  };
  if (!server_->accepted_host(host_of(text(beast::http::field::host))))
    return "this Host is not served here (option hosts)";
  const auto origin = text(beast::http::field::origin);
  if (!origin.empty())
    return server_->accepted_host(host_of(origin)) ? ""
                                                   : "requests of this Origin are not served (option hosts)";
  // A page that loads us as an image or a script names no Origin, but its browser says that it is another's.
  const auto site = message["Sec-Fetch-Site"];
  if (site == "cross-site" || site == "same-site") return "requests of other sites' pages are not served";
  return {};
}

void Session::reply(Response response, Written written) {
  gone_ = nullptr;
  auto message = std::make_shared<beast::http::response<beast::http::string_body>>();
  message->version(11);
  message->result(response.status);
  message->set(beast::http::field::content_type, response.type);
  message->set(beast::http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) message->set(name, value);
  keep_ = keep_ && !response.close && !server_->draining;
  message->keep_alive(keep_);
  message->content_length(response.body.size());
  if (!head_) message->body() = std::move(response.body);
  stream_.expires_after(write_timeout);
  beast::http::async_write(stream_, *message,
                           [self = shared_from_this(), message, written = std::move(written),
                            drop = response.close](const Error& error, std::size_t) {
                             self->release();
                             if (written) written(!error);
                             if (error) return self->end();
                             if (self->keep_) return self->read_next();
                             drop ? self->discard() : self->end();
                           });
}

void Session::refuse(unsigned status, std::string_view code, std::string_view text) {
  ++server_->stats.refused_requests;
  Response response{status, error_body(code, text)};
  response.close = true;
  if (status == 429) response.headers.emplace_back("Retry-After", "1");
  reply(std::move(response), {});
}

void Session::discard() {
  Error ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(discard_time);
  buffer_.clear();
  const auto read = [self = shared_from_this()](const auto& again) -> void {
    self->stream_.async_read_some(self->buffer_.prepare(16 * 1024),
                                  [self, again](const Error& error, std::size_t) {
                                    if (!error) again(again);
                                  });
  };
  read(read);
}

void Session::begin_stream(std::string_view type) {
  keep_ = false;
  auto head = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) +
              "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  stream(std::move(head), {});
}

void Session::stream(std::string piece, Written written) {
  auto kept = std::make_shared<std::string>(std::move(piece));
  stream_.expires_after(write_timeout);
  asio::async_write(
      stream_, asio::buffer(*kept),
      [self = shared_from_this(), kept, written = std::move(written)](const Error& error, std::size_t) {
        self->release();
        if (!error) self->stream_.expires_never();
        if (written) written(!error);
      });
}

void Session::end() {
  Error ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

void Session::watch(std::function<void()> gone) {
  gone_ = std::move(gone);
  wait_for_end(++watch_);
}

/// Until the client has closed its side. What it sends ahead of its answer is left for later.
void Session::wait_for_end(std::uint64_t watch) {
  stream_.socket().async_wait(
      asio::ip::tcp::socket::wait_read, [self = shared_from_this(), watch](const Error& error) {
        if (self->watch_ != watch || !self->gone_) return;
        char byte = 0;
        const auto got =
            error ? 0 : ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (got > 0) return;
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return self->wait_for_end(watch);
        std::exchange(self->gone_, nullptr)();
      });
}

void Session::close_if_idle() {
  if (!busy_) end();
}

void Session::release() {
  server_->stats.body_bytes -= std::exchange(reserved_, 0);
}

}  // namespace node::http
