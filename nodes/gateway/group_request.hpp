// The parameters of GET /v1/groups/{group}/events and /stream.
#pragma once

#include <string>
#include <vector>

#include <journal/result.hpp>
#include <mesh/model/time.hpp>
#include <nodes/http/exchange.hpp>

namespace node {

struct GroupRequest {
  std::string group;
  std::size_t count = 1;
  mesh::Duration wait{0};
  std::vector<std::string> prefixes;  ///< sorted
  bool create = false;                ///< the group is made if there is none
  bool streams = false;
};

/// max=N (at most `most`, which it is without), wait=DURATION (20s; at most 60s; not of a stream), prefix=...
/// any number of times, create=true. Errors: invalid_argument, invalid_topic (a prefix).
mesh::Result<GroupRequest> read_group_request(const http::Request& request, std::size_t most);

}  // namespace node
