#include <nodes/config/checks.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include <journal/topic.hpp>
#include <mesh/model/policy.hpp>
#include <tools/zmesh/text/times.hpp>

namespace node {

std::string check_name(const std::string& text) {
  return mesh::valid_name(text) ? "" : "must be 1 to 100 letters, digits and . _ - : @ /";
}

std::optional<Listen> parse_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Listen listen;
  auto address = text.substr(0, colon);
  if (address == "localhost") address = "127.0.0.1";
  const bool brackets = address.starts_with('[') && address.ends_with(']');
  if (brackets) address = address.substr(1, address.size() - 2);
  listen.address = address;
  in6_addr buffer;
  if (::inet_pton(brackets ? AF_INET6 : AF_INET, listen.address.c_str(), &buffer) != 1) return std::nullopt;
  const auto port = text.substr(colon + 1);
  const auto number = parse_port(port);
  if (!number || port == "*") return std::nullopt;
  listen.port = *number;
  return listen;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (text == "*") return port;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Listen> parse_tcp(std::string_view endpoint) {
  if (!endpoint.starts_with("tcp://")) return std::nullopt;
  endpoint.remove_prefix(6);
  const auto colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(endpoint.substr(colon + 1));
  if (!port) return std::nullopt;
  auto address = endpoint.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return Listen{std::string(address == "localhost" ? "127.0.0.1" : address), *port};
}

bool overlap(const Listen& one, const Listen& other) {
  return one.port != 0 && one.port == other.port &&
         (one.address == other.address || one.all() || other.all());
}

std::string check_listen(const std::string& text) {
  return parse_listen(text)
             ? ""
             : "must be ADDRESS:PORT, such as 127.0.0.1:8480 or [::1]:8480 (port 0: a free one)";
}

std::string check_host(const std::string& text) {
  const bool plain = text.find_first_of("/:@ ") == std::string::npos;
  return plain && !text.empty() ? "" : "must be the name of a host, without scheme and port";
}

std::string check_endpoint(const std::string& text) {
  const auto rest = text.substr(std::min(text.size(), std::size_t{6}));
  const bool known = text.starts_with("tcp://") || text.starts_with("ipc://");
  if (!known || rest.empty()) return "must be tcp://ADDRESS:PORT or ipc://PATH";
  if (!text.starts_with("tcp://")) return "";
  const auto colon = rest.rfind(':');
  if (colon == std::string::npos) return "must be tcp://ADDRESS:PORT; the port is missing";
  if (!parse_port(rest.substr(colon + 1))) return "must be tcp://ADDRESS:PORT; the port is 1 to 65535";
  return "";
}

std::pair<std::string, std::vector<std::string>> split_group(std::string_view text) {
  const auto equals = text.find('=');
  std::pair<std::string, std::vector<std::string>> parts;
  parts.first = text.substr(0, equals);
  while (equals != std::string_view::npos) {
    text.remove_prefix(std::min(text.size(), parts.second.empty() ? equals + 1 : text.find(',') + 1));
    parts.second.emplace_back(text.substr(0, text.find(',')));
    if (text.find(',') == std::string_view::npos) break;
  }
  return parts;
}

std::string check_group(const std::string& text) {
  const auto [name, prefixes] = split_group(text);
  if (auto wrong = check_name(name); !wrong.empty()) return "the group's name " + wrong;
  for (const auto& prefix : prefixes)
    if (auto wrong = check_prefix_text(prefix); !wrong.empty()) return wrong;
  return "";
}

std::string check_prefix_text(const std::string& text) {
  const auto checked = mesh::check_prefix(text);
  return checked ? "" : checked.error().text;
}

std::string check_start(const std::string& text) {
  return zmesh::parse_start(text) ? "" : "must be earliest, latest, seq:N or time:RFC3339";
}

std::string check_rename(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return "must be FROM=TO, such as \"booking.=eu.booking.\"";
  if (auto wrong = check_prefix_text(text.substr(0, equals)); !wrong.empty()) return wrong;
  return check_prefix_text(text.substr(equals + 1));
}

std::string check_url(const std::string& text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme) && text.size() > scheme.size() && text[scheme.size()] != '/') return "";
  return "must be http://HOST[:PORT]/PATH or https://...";
}

}  // namespace node
