// Endpoints: which ones are allowed, and how the live stream's follows from the control one's. Pure.
#pragma once

#include <string>
#include <string_view>

#include <journal/result.hpp>

namespace mesh::io {

struct Endpoint {
  enum class Transport { tcp, ipc, inproc };
  Transport transport = Transport::tcp;
  std::string host;  ///< tcp: name or address as written ([...] for IPv6, `*` for every interface)
  std::string port;  ///< tcp: digits or `*`
  std::string name;  ///< ipc: path (or @abstract), inproc: name
};

inline constexpr std::size_t endpoint_size_max = 255;

/// Splits and checks. Only tcp://HOST:PORT, ipc://PATH and inproc://NAME exist. Error: endpoint_invalid.
Result<Endpoint> parse_endpoint(std::string_view text);

/// For bind: tcp needs an address (not a name), and one of this machine's loopback unless `insecure`.
/// Port `*` and ipc path `*` mean a free one. Error: endpoint_invalid.
Result<void> check_bind(std::string_view text, bool insecure);

/// For connect: no wildcards, port above 0. Error: endpoint_invalid.
Result<void> check_connect(std::string_view text);

/// Where the live stream is bound when nothing was said: beside the (unresolved) control endpoint.
/// tcp: a free port of the same address; ipc: PATH.events; inproc: NAME.events.
std::string default_events_endpoint(const Endpoint& control);

/// The endpoint a member connects to: where the announced host is a wildcard (0.0.0.0, [::], *), the host
/// under which the member reaches the control endpoint. Error: endpoint_invalid (the publisher announced
/// something else).
Result<std::string> reachable_events_endpoint(std::string_view announced, std::string_view control);

}  // namespace mesh::io
