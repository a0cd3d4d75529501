// /api/v1/{publishers,topics,groups,members,parked} as JSON.
#pragma once

#include <string>

#include <nodes/admin/view.hpp>

namespace node {

/// May ask this node's publisher and those its roles take from, and wait for them. Errors: not_found,
/// invalid_argument, unknown_group, unreachable.
mesh::Result<std::string> state_text(const View& view, const http::Request& request);

}  // namespace node
