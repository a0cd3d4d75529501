#include <journal/result.hpp>

namespace mesh {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::invalid_topic:
      return "invalid_topic";
    case Errc::invalid_key:
      return "invalid_key";
    case Errc::invalid_headers:
      return "invalid_headers";
    case Errc::event_too_large:
      return "event_too_large";
    case Errc::staging_full:
      return "staging_full";
    case Errc::timeout:
      return "timeout";
    case Errc::closed:
      return "closed";
    case Errc::journal_full:
      return "journal_full";
    case Errc::journal_locked:
      return "journal_locked";
    case Errc::journal_missing:
      return "journal_missing";
    case Errc::journal_foreign:
      return "journal_foreign";
    case Errc::journal_newer:
      return "journal_newer";
    case Errc::journal_damaged:
      return "journal_damaged";
    case Errc::journal_io:
      return "journal_io";
    case Errc::disk_full:
      return "disk_full";
    case Errc::endpoint_invalid:
      return "endpoint_invalid";
    case Errc::endpoint_in_use:
      return "endpoint_in_use";
    case Errc::unreachable:
      return "unreachable";
    case Errc::protocol:
      return "protocol";
    case Errc::unknown_group:
      return "unknown_group";
    case Errc::unknown_session:
      return "unknown_session";
    case Errc::prefixes_mismatch:
      return "prefixes_mismatch";
    case Errc::limit_reached:
      return "limit_reached";
    case Errc::not_found:
      return "not_found";
    case Errc::stale:
      return "stale";
    case Errc::unsupported:
      return "unsupported";
    case Errc::in_use:
      return "in_use";
    case Errc::policy_mismatch:
      return "policy_mismatch";
  }
  return "unknown";  // a code from a newer peer
}

}  // namespace mesh
