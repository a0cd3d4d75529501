// Listening, with the checks that libzmq leaves out.
#pragma once

#include <mesh/io/endpoint.hpp>
#include <mesh/io/socket.hpp>

namespace mesh::io {

/// Checks the endpoint (check_bind) and listens on it; returns it with wildcards resolved. An ipc path that
/// holds a file of another kind is refused, where libzmq would delete it, and so is one that somebody listens
/// on, where libzmq would silently take it over. Errors: endpoint_invalid, endpoint_in_use.
Result<std::string> listen(Socket& socket, const std::string& endpoint, bool insecure);

}  // namespace mesh::io
