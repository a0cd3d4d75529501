// What the admin endpoint may look at.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <mesh/publisher.hpp>
#include <nodes/gateway/gateway.hpp>
#include <nodes/http/server.hpp>
#include <nodes/node/role.hpp>
#include <nodes/node/topics.hpp>

namespace node {

struct View {
  std::string name;
  mesh::Publisher* publisher = nullptr;  ///< may be null
  Gateway* gateway = nullptr;            ///< may be null
  const Topics* topics = nullptr;
  std::vector<std::string> upstreams;  ///< publishers that the roles take from, but for the own one
  std::function<std::vector<RoleStatus>()> roles{};  ///< of all roles, the gateway's groups included
  std::function<std::string()> not_ready{};          ///< why the node is not ready; empty: it is
};

}  // namespace node
