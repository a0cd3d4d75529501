#include <algorithm>
#include <cmath>

#include <mesh/model/policy.hpp>

namespace mesh {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::handler_rejected:
      return "handler_rejected";
    case Reason::retry_exhausted:
      return "retry_exhausted";
    case Reason::ack_timeout:
      return "ack_timeout";
    case Reason::consumer_crash:
      return "consumer_crash";
    case Reason::undecodable:
      return "undecodable";
    case Reason::no_handler:
      return "no_handler";
    case Reason::key_parked:
      return "key_parked";
  }
  return "unknown";
}

Result<void> check_policy(const RetryPolicy& policy) {
  if (policy.backoff.empty() || policy.backoff.size() > backoff_max) {
    return invalid("backoff must have 1 to 32 delays");
  }
  const auto within = [](Duration delay) { return delay >= Duration::zero() && delay <= delay_max; };
  if (!std::all_of(policy.backoff.begin(), policy.backoff.end(), within)) {
    return invalid("a backoff delay must be 0 to 30 days");
  }
  if (!std::isfinite(policy.jitter) || policy.jitter < 0 || policy.jitter > 1) {
    return invalid("jitter must be 0 to 1");
  }
  if (policy.attempts_max < 1 || policy.attempts_max > 1000) {
    return invalid("attempts_max must be 1 to 1000");
  }
  if (policy.ack_wait < 10ms || policy.ack_wait > 24h) {
    return invalid("ack_wait must be 10 ms to 24 h");
  }
  if (policy.order > Order::key || policy.on_park > OnPark::park_key) {
    return invalid("not an order or not an on_park");
  }
  if (policy.on_park == OnPark::park_key && policy.order != Order::key) {
    return invalid("on_park = park_key goes only with order = key");
  }
  return {};
}

bool valid_name(std::string_view name) {
  static_assert(group_name_size_max == member_name_size_max);
  if (name.empty() || name.size() > group_name_size_max) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-:@/").find(c) != std::string_view::npos;
  });
}

}  // namespace mesh
