#include <nodes/gateway/answers.hpp>

#include <tools/zmesh/text/json_text.hpp>

namespace node {

unsigned status_of(mesh::Errc code) {
  using mesh::Errc;
  switch (code) {
    case Errc::invalid_argument:
    case Errc::invalid_topic:
    case Errc::invalid_key:
    case Errc::invalid_headers:
      return 400;
    case Errc::unknown_group:
    case Errc::not_found:
      return 404;
    case Errc::prefixes_mismatch:
    case Errc::stale:
      return 409;
    case Errc::event_too_large:
      return 413;
    case Errc::limit_reached:
      return 429;
    case Errc::staging_full:
    case Errc::timeout:
    case Errc::closed:
    case Errc::unreachable:
      return 503;
    case Errc::journal_full:
    case Errc::disk_full:
      return 507;
    default:
      return 500;
  }
}

void append_error(std::string& out, std::string_view code, std::string_view text, std::uint64_t line) {
  out += "\"error\":{\"code\":";
  zmesh::append_string(out, code);
  out += ",\"text\":";
  zmesh::append_string(out, text);
  if (line > 0) out += ",\"line\":" + std::to_string(line);
  out += '}';
}

http::Response error_answer(unsigned status, std::string_view code, std::string_view text,
                            std::uint64_t line) {
  http::Response response{status, "{"};
  append_error(response.body, code, text, line);
  response.body += "}\n";
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response error_answer(const mesh::Error& error, std::uint64_t line) {
  return error_answer(status_of(error.code), mesh::to_string(error.code), error.text, line);
}

}  // namespace node
