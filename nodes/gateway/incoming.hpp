// The body of a request to publish, as events.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include <nodes/http/exchange.hpp>
#include <tools/zmesh/text/input_line.hpp>

namespace node {

struct Incoming {
  bool lines = false;                                   ///< JSON Lines: answered with a list
  std::vector<mesh::EventInput> events{};               ///< views into `parsed` and the request
  std::deque<zmesh::InputLine> parsed{};                ///< a deque, so that they stay where they are
  mesh::Error error{mesh::Errc::invalid_argument, {}};  ///< with a text: what is wrong
  std::uint64_t line = 0;                               ///< where, in JSON Lines

  /// By Content-Type: application/x-ndjson, application/jsonl and application/json-lines are JSON Lines,
  /// application/octet-stream and application/msgpack a payload as it is (its key by ?key=), everything else
  /// one JSON object. The topic of the path is that of lines without one; a single object has no other.
  static Incoming read(const http::Request& request, std::size_t event_size_max, std::size_t events_max);
};

}  // namespace node
