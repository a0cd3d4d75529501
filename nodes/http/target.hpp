// The first line of a request, taken apart.
#pragma once

#include <string_view>

#include <nodes/http/exchange.hpp>

namespace node::http {

/// Fills path and query of the request. False: it is not a target.
bool parse_target(std::string_view target, Request& request);

/// The host of a Host header or of an Origin ("https://name:port"), without its port; empty: there is none.
std::string_view host_of(std::string_view text);

}  // namespace node::http
