// Each event of a group to a webhook, to a command, or to a pool of workers.
#pragma once

#include <memory>

#include <nodes/node/role.hpp>

namespace node {

mesh::Result<std::unique_ptr<Role>> open_deliver(const DeliverSettings& settings,
                                                 const mesh::Publisher* publisher);

}  // namespace node
