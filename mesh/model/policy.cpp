#include <algorithm>

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
  }
  return "unknown";
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
