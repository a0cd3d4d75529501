// One connection of a Server. For the sources of http/ only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <set>

#include <nodes/http/loop_state.hpp>
#include <nodes/http/server.hpp>

namespace node::http {

class Session;

/// What all connections of a server share. On the loop, but for the counters.
struct Server::State : std::enable_shared_from_this<State> {
  State(Loop& loop_, HttpSettings settings_)
      : loop(loop_), settings(std::move(settings_)), acceptor(loop.state().context) {}

  void accept();
  bool accepted_host(std::string_view host) const;

  Loop& loop;
  const HttpSettings settings;
  Handler handler{};
  boost::asio::ip::tcp::acceptor acceptor;
  std::string address;
  ServerStats stats;
  bool draining = false;
  std::set<Session*> sessions;
};

/// Reads a request, has it answered, reads the next: one after the other, so a client that does not read its
/// answers is not read from either.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Server::State> server, boost::asio::ip::tcp::socket socket);
  ~Session();

  void read_next();
  void reply(Response response, Written written);
  void begin_stream(std::string_view type);
  void stream(std::string piece, Written written);
  void end();
  void watch(std::function<void()> gone);
  /// Ends it if nothing is being answered.
  void close_if_idle();

  Loop& loop() { return server_->loop; }

 private:
  using Error = boost::system::error_code;

  void read_header();
  void on_header(const Error& error);
  void read_body();
  void on_body(const Error& error);
  void refuse(unsigned status, std::string_view code, std::string_view text);
  void discard();
  void wait_for_end(std::uint64_t watch);
  void release();
  std::string wrong_host() const;

  std::shared_ptr<Server::State> server_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_{64 * 1024};
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::function<void()> gone_;
  std::uint64_t watch_ = 0;  ///< counts the requests that were watched
  std::size_t reserved_ = 0;
  bool busy_ = false;
  bool keep_ = true;
  bool head_ = false;
};

}  // namespace node::http
