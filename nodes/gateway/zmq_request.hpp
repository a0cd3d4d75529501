// The request and answer of the gateway's ZeroMQ socket, as values and as MessagePack.
//
//   request := map{ "id": any unsigned, "events": array of event }
//   event   := array(4) topic=str key=str|nil headers=map(str->str)|nil payload=bin
//   answer  := map{ "id", "origin": str, "seqs": array of unsigned|nil }, and where something failed
//              "error": map{ "code": str, "text": str }
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <mesh/payload.hpp>

namespace node {

struct ZmqEvent {
  std::string topic;
  std::optional<std::string> key;
  std::optional<std::map<std::string, std::string>> headers;
  std::vector<char> payload;  ///< bin
  MSGPACK_DEFINE_ARRAY(topic, key, headers, payload)
};

struct ZmqRequest {
  std::uint64_t id = 0;
  std::vector<ZmqEvent> events;
  MSGPACK_DEFINE_MAP(id, events)
};

struct ZmqError {
  std::string code, text;
  MSGPACK_DEFINE_MAP(code, text)
};

struct ZmqAnswer {
  std::uint64_t id = 0;
  std::string origin;
  std::vector<std::optional<std::uint64_t>> seqs;
  std::optional<ZmqError> error;
  MSGPACK_DEFINE_MAP(id, origin, seqs, error)
};

}  // namespace node
