#include <mesh/io/endpoint.hpp>

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace mesh::io {

namespace {

Error invalid(std::string_view text, std::string_view why) {
  return fail(Errc::endpoint_invalid, "'" + std::string(text.substr(0, endpoint_size_max)) +
                                          "': " + std::string(why) +
                                          " (tcp://HOST:PORT, ipc://PATH or inproc://NAME)");
}

bool valid_port(std::string_view port) {
  if (port == "*") return true;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc{} && end == port.data() + port.size() && number <= 65'535;
}

/// Letters, digits, and what names and addresses are made of; a `;` would name a source address to libzmq.
bool valid_host(std::string_view host) {
  if (host == "*") return true;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto inner = bracketed ? host.substr(1, host.size() - 2) : host;
  return !inner.empty() && std::all_of(inner.begin(), inner.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || (bracketed && (c == ':' || c == '%'));
  });
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  if (host.front() == '[')
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), parsed.data()) == 1;
  return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1;
}

bool is_loopback(const std::string& host) {
  return host == "[::1]" || (host.starts_with("127.") && is_address(host));
}

bool is_wildcard(std::string_view host) {
  return host == "*" || host == "0.0.0.0" || host == "[::]";
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.size() > endpoint_size_max) return invalid(text, "longer than 255 bytes");
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
    return invalid(text, "spaces and control characters are not allowed");
  Endpoint endpoint;
  if (text.starts_with("tcp://")) {
    const auto address = text.substr(6);
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return invalid(text, "the port is missing");
    endpoint.host = address.substr(0, colon);
    endpoint.port = address.substr(colon + 1);
    if (!valid_host(endpoint.host)) return invalid(text, "the host is not a name or an address");
    if (!valid_port(endpoint.port)) return invalid(text, "the port is not a number of 0 to 65535 or `*`");
    return endpoint;
  }
  if (text.starts_with("ipc://")) {
    endpoint.transport = Endpoint::Transport::ipc;
    endpoint.name = text.substr(6);
    if (endpoint.name.size() >= sizeof(sockaddr_un::sun_path))
      return invalid(text, "the path is too long for a socket");
  } else if (text.starts_with("inproc://")) {
    endpoint.transport = Endpoint::Transport::inproc;
    endpoint.name = text.substr(9);
  } else {
    return invalid(text, "unknown transport");
  }
  if (endpoint.name.empty()) return invalid(text, "the name is missing");
  return endpoint;
}

Result<void> check_bind(std::string_view text, bool insecure) {
  const auto endpoint = parse_endpoint(text);
  if (!endpoint) return endpoint.error();
  if (endpoint->transport != Endpoint::Transport::tcp) return {};
  if (endpoint->host != "*" && !is_address(endpoint->host))
    return invalid(text, "to listen, give an address, not a name");
  if (!insecure && !is_loopback(endpoint->host))
    return invalid(
        text,
        "anybody who reaches this address could read and acknowledge; use a loopback address, ipc, "
        "or say insecure outright");
  return {};
}

Result<void> check_connect(std::string_view text) {
  const auto endpoint = parse_endpoint(text);
  if (!endpoint) return endpoint.error();
  if (endpoint->transport == Endpoint::Transport::tcp) {
    if (is_wildcard(endpoint->host)) return invalid(text, "a wildcard is not an address to connect to");
    if (endpoint->port == "*" || endpoint->port.find_first_not_of('0') == std::string::npos)
      return invalid(text, "a port is needed to connect to");
  } else if (endpoint->name == "*") {
    return invalid(text, "a wildcard is not a path to connect to");
  }
  return {};
}

std::string default_events_endpoint(const Endpoint& control) {
  switch (control.transport) {
    case Endpoint::Transport::tcp:
      return "tcp://" + control.host + ":*";
    case Endpoint::Transport::ipc:
      return "ipc://" + control.name + (control.name == "*" ? "" : ".events");
    case Endpoint::Transport::inproc:
      return "inproc://" + control.name + ".events";
  }
  return {};
}

Result<std::string> reachable_events_endpoint(std::string_view announced, std::string_view control) {
  const auto events = parse_endpoint(announced);
  if (!events) return events.error();
  std::string text(announced);
  if (events->transport == Endpoint::Transport::tcp && is_wildcard(events->host)) {
    const auto own = parse_endpoint(control);
    const bool tcp = own && own->transport == Endpoint::Transport::tcp;
    text = "tcp://" + (tcp ? own->host : std::string("127.0.0.1")) + ":" + events->port;
  }
  if (auto checked = check_connect(text); !checked) return checked.error();
  return text;
}

}  // namespace mesh::io
