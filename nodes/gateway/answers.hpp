// The gateway's answers: errors as JSON with a code, and which HTTP status goes with them.
#pragma once

#include <string>
#include <string_view>

#include <journal/result.hpp>
#include <nodes/http/exchange.hpp>

namespace node {

unsigned status_of(mesh::Errc code);

/// {"error":{"code":"journal_full","text":"...","line":3}}; line 0: none. With Retry-After where waiting may
/// help.
http::Response error_answer(unsigned status, std::string_view code, std::string_view text,
                            std::uint64_t line = 0);
http::Response error_answer(const mesh::Error& error, std::uint64_t line = 0);

/// `,"error":{...}` without what is around it.
void append_error(std::string& out, std::string_view code, std::string_view text, std::uint64_t line = 0);

}  // namespace node
