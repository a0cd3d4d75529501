// A payload as people read it: what it is, is found out by looking at it.
#pragma once

#include <string>
#include <string_view>

#include <journal/identity.hpp>

namespace zmesh {

/// MessagePack comes first, as it is the convention of the mesh; then JSON, then text (UTF-8 without control
/// characters other than tab and newline), then binary.
enum class PayloadKind { none, msgpack, json, text, binary };

std::string_view to_string(PayloadKind kind);

/// Appends the payload on one line: MessagePack and JSON as compact JSON, text with its control characters
/// escaped, binary as "hex 00ff..." of at most binary_bytes_max bytes and the size. Tells what it was.
PayloadKind append_payload_shown(std::string& out, mesh::ByteView payload, std::size_t binary_bytes_max = 32);

/// MessagePack or JSON as compact JSON. False, with `out` as it was, for anything else.
bool append_payload_json(std::string& out, mesh::ByteView payload);

/// Hex digits, two per byte.
void append_hex(std::string& out, mesh::ByteView bytes);

/// Lines of 16 bytes: offset, hex, and what of it is ASCII; each begins with `indent`.
void append_hex_dump(std::string& out, mesh::ByteView bytes, std::string_view indent);

}  // namespace zmesh
