// Posts events to a URL, and judges by the answer.
#pragma once

#include <memory>
#include <string>

#include <mesh/event.hpp>

namespace node {

struct WebhookSettings {
  std::string url;
  std::string secret;  ///< empty: not signed
  mesh::Duration timeout{0};
};

/// 2xx: handled. 429 and 503: again, after Retry-After if the answer has it. 408, 5xx, 3xx, no answer in
/// time, no connection: again, after the group's backoff. Any other 4xx: parked, with the beginning of the
/// answer.
///
/// Any number of threads post at once; connections are kept and used again.
class Webhook {
 public:
  explicit Webhook(std::string agent);
  ~Webhook();

  /// `body` is the event as a line of JSON.
  mesh::Outcome post(const WebhookSettings& settings, const mesh::Event& event, const std::string& body);

  /// Posts under way fail within about a second, and further ones at once. Any thread.
  void abort();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "t=1700000000,v1=HEX": HMAC-SHA256 of "1700000000." and the body.
std::string signature(const std::string& secret, std::int64_t unix_time, std::string_view body);

}  // namespace node
