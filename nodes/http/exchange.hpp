// A request and its answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace node::http {

struct Request {
  std::string method;             ///< "GET", "POST"; "HEAD": the answer's body is left out
  std::vector<std::string> path;  ///< decoded: /v1/groups/a%2Fb is v1, groups, a/b
  std::vector<std::pair<std::string, std::string>> query;    ///< decoded
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;

  std::string_view header(std::string_view name) const;  ///< empty: none
  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string body;
  std::string type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};
  bool close = false;  ///< the connection ends with it
};

/// Told whether the bytes went out.
using Written = std::function<void(bool)>;

/// One request that waits for its answer. An exchange that is dropped without one is answered with 500.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual Request& request() = 0;
  /// Answers, once. Any thread; `written` is called on the loop.
  virtual void reply(Response response, Written written = {}) = 0;

  // ---- on the loop ----
  /// Answers with a body without end: pieces follow. The connection ends with it.
  virtual void begin_stream(std::string_view type) = 0;
  /// Wait for `written` before the next: nothing else bounds what is waiting.
  virtual void stream(std::string piece, Written written) = 0;
  virtual void end_stream() = 0;
  /// Calls `gone` if the client goes away before it is answered.
  virtual void watch(std::function<void()> gone) = 0;
};

using ExchangePtr = std::shared_ptr<Exchange>;

/// Called on the loop; must not block.
using Handler = std::function<void(ExchangePtr)>;

}  // namespace node::http
