// The body of POST /v1/groups/{group}/ack, retry and park.
#pragma once

#include <string>
#include <vector>

#include <mesh/event.hpp>
#include <nodes/http/exchange.hpp>

namespace node {

struct SettleRequest {
  std::vector<std::string> deliveries;
  mesh::Outcome outcome;
};

/// {"deliveries":["ID", ...],"reason":"...","delay":"5s"}, or the same by ?delivery=ID&reason=...&delay=...
/// with an empty body. `verb`: ack, retry or park. Error: invalid_argument.
mesh::Result<SettleRequest> read_settle(const http::Request& request, std::string_view verb);

}  // namespace node
