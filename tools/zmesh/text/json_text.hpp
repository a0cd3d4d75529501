// JSON as text, appended piece by piece: the lines that `sub` and `sniff` print by the hundred thousand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <journal/identity.hpp>

namespace zmesh {

/// A quoted and escaped string. `text` must be UTF-8.
void append_string(std::string& out, std::string_view text);
void append_number(std::string& out, std::uint64_t number);
void append_number(std::string& out, std::int64_t number);

void append_base64(std::string& out, mesh::ByteView bytes);
/// Decodes RFC 4648 base64 (padding optional). False: not base64.
bool decode_base64(std::string_view text, std::string& bytes);

/// Nesting that payloads may have, either way.
inline constexpr int payload_depth_max = 64;

/// MessagePack to JSON, appended. False, with `out` as it was, where JSON cannot say the same: bytes that are
/// not one MessagePack value, binary or extension values, strings that are not UTF-8, keys that are not
/// strings, NaN and infinities, nesting beyond payload_depth_max.
bool append_payload(std::string& out, mesh::ByteView payload);

/// `,"payload":...` or, where append_payload cannot, `,"payload_base64":"..."`; nothing for no bytes at all.
void append_payload_field(std::string& out, mesh::ByteView payload);

}  // namespace zmesh
